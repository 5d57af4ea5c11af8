import type { ByteStream, CloseInfo, TransportError } from '@aster/rpc-core'
import {
  abortable,
  assertStreamCode,
  closeError,
  misuseError,
  PEER_SILENT,
  PROTOCOL_VIOLATION,
  Pushable,
  runNeutral,
} from '@aster/rpc-core/protocol'
import type { IrohConnection } from '../binding.ts'
import { flushed } from '../flush.ts'
import { type IrohPath, toPaths } from '../paths.ts'
import { FinishChecks } from './finish-checks.ts'
import { Number0Stream } from './stream.ts'
import { allowedSilence, Liveness } from './liveness.ts'
import type { NativeConnection } from './native.ts'
import { closeInfoOf, endOfConnection, firstLine, reportFault, streamError } from './native-error.ts'
import { textToArray } from './number-array.ts'
import type { NativeHalves } from './native-halves.ts'
import { PathWatch } from './path-watch.ts'
import type { StreamContext } from './send-half.ts'
import { dispose, StreamOpener } from './stream-opener.ts'
import { StreamPlaces } from './stream-places.ts'
import { watchUnusedTraffic } from './unused-traffic.ts'

/**
 * Native accepts that run at a time. With only one, each stream would wait until the addon's thread has handed over the
 * previous stream.
 */
const ACCEPTS = 4

interface ConnectionOptions {
  readonly natives: NativeHalves
  /**
   * Milliseconds for which the peer may be silent while a read waits.
   *
   * @default `silenceMs`; less on a loopback path, and at least 20,000 while several paths are open
   */
  readonly deadPeerMs?: number | undefined
  readonly silenceMs: number
  /** Whether this side dialled. */
  readonly dialled: boolean
  /**
   * Streams that the peer may have open.
   *
   * @default 100, the number that QUIC grants
   */
  readonly maxStreams?: number | undefined
}

/** A connection of `@number0/iroh`. */
export class Number0Connection implements IrohConnection {
  readonly remoteId: string
  readonly alpn: string
  readonly closed: Promise<CloseInfo>
  /** Dropped once the connection is gone, since the addon keeps the sockets of a closed endpoint while a connection is held. */
  #native: NativeConnection | undefined
  readonly #opener: StreamOpener
  readonly #context: StreamContext
  /** Shared by all streams that the peer opens. */
  readonly #peerContext: StreamContext
  readonly #places: StreamPlaces | undefined
  readonly #liveness: Liveness
  /** Set only if this side dialled, since only that side opens paths. */
  readonly #paths: PathWatch | undefined
  readonly #resolveClosed: (info: CloseInfo) => void
  #iterated = false
  /** The code and reason with which this side closed the connection. */
  #closing: CloseInfo | undefined
  /** How the connection ended, once it is gone. */
  #gone: CloseInfo | undefined

  constructor(native: NativeConnection, options: ConnectionOptions) {
    const { natives, deadPeerMs, silenceMs, dialled, maxStreams } = options
    this.#native = native
    this.remoteId = native.remoteId().toString()
    this.alpn = new TextDecoder().decode(Uint8Array.from(native.alpn()))
    let resolveClosed: (info: CloseInfo) => void = () => {}
    this.closed = new Promise((resolve) => (resolveClosed = resolve))
    this.#resolveClosed = resolveClosed
    this.#context = {
      errorOf: (error) => this.#errorOf(error),
      endError: () => closeError(this.#gone ?? this.#closing ?? { by: 'local', code: 0, reason: '' }),
      natives,
      finishes: new FinishChecks(),
      reads: { pending: 0, activity: 0 },
      endHalf: () => {},
    }
    const places = maxStreams === undefined ? undefined : new StreamPlaces(native, maxStreams)
    this.#places = places
    this.#peerContext = places === undefined ? this.#context : { ...this.#context, endHalf: () => places.endHalf() }
    this.#opener = new StreamOpener(native)
    this.#liveness = new Liveness(
      native,
      this.#context.reads,
      () => deadPeerMs ?? this.#allowedSilence(silenceMs),
      (silence) => this.#giveUp(silence),
    )
    if (dialled) {
      this.#paths = new PathWatch(native, () => this.#end({ by: 'network', reason: 'no path to the peer is left' }))
    }
    watchUnusedTraffic(native, (reason) => this.#violate(reason))
    native
      .closed()
      .then(
        (text) => this.#settle(this.#closing ?? closeInfoOf(text)),
        (error: unknown) => {
          const why: CloseInfo = { by: 'network', reason: firstLine(error) }
          this.#end(why)
          this.#settle(why)
        },
      )
      .catch(reportFault)
  }

  async openStream({ signal }: { signal?: AbortSignal | undefined } = {}): Promise<ByteStream> {
    // Without a path the connection will soon be lost, and a stream that was opened before that would be lost with it.
    if (this.#paths?.isOut === true) await abortable(this.#paths.untilBack(), signal)
    const end = this.#closing ?? this.#gone
    if (end !== undefined) {
      // Settle `closed` now, so that the caller does not use this connection again.
      this.#settle(end)
      throw closeError(end)
    }
    try {
      return new Number0Stream(await this.#opener.open(signal), this.#context)
    } catch (error) {
      if (signal?.aborted && error === signal.reason) throw error
      throw this.#errorOf(error)
    }
  }

  incomingStreams(): AsyncIterable<ByteStream> {
    if (this.#iterated) throw misuseError('incomingStreams is to be iterated once')
    this.#iterated = true
    const streams = new Pushable<ByteStream>(Infinity)
    runNeutral(() => {
      for (let i = 0; i < ACCEPTS; i++) this.#accept(streams).catch(reportFault)
    })
    return streams
  }

  /** Accepts streams until the connection is gone. Refuses them once the loop over `incomingStreams` is left. Never rejects. */
  async #accept(streams: Pushable<ByteStream>): Promise<void> {
    try {
      for (;;) {
        const native = await this.#native?.acceptBi()
        if (native === undefined) break
        if (!streams.open) dispose(native)
        else {
          this.#places?.take()
          void streams.push(new Number0Stream(native, this.#peerContext))
        }
      }
    } catch (error) {
      // If the connection is gone, `#errorOf` resolves `closed` before the loop ends. Otherwise the connection is closed
      // here, since no further stream of the peer would be served.
      this.#errorOf(error)
      this.#end({ by: 'network', reason: `no more streams are accepted: ${firstLine(error)}` })
    } finally {
      streams.end()
    }
  }

  /** The open paths to the peer, the one in use first. Empty once the connection is gone. */
  get paths(): readonly IrohPath[] {
    return this.#native === undefined ? [] : toPaths(this.#native.paths())
  }

  /** The round-trip time in milliseconds; `undefined` once the connection is gone. */
  get rttMs(): number | undefined {
    return this.#native?.rtt() ?? undefined
  }

  close(code = 0, reason = ''): void {
    assertStreamCode(code)
    this.#end({ by: 'local', code, reason })
  }

  flush(): Promise<void> {
    return flushed({ finishedAt: this.#context.finishes.lastAt, rttMs: this.rttMs, closed: this.closed })
  }

  /** Ends the connection as lost for this side. The peer is told why, in case packets still reach it. */
  #giveUp(silenceMs: number): void {
    const why = { by: 'network', reason: `the peer has not answered for ${silenceMs} ms` } as const
    this.#end(why, PEER_SILENT, `nothing arrived from you for ${silenceMs} ms`)
  }

  /** Ends the connection as lost for this side and its calls, and tells the peer what it did wrong. */
  #violate(reason: string): void {
    const why = {
      by: 'network',
      code: PROTOCOL_VIOLATION,
      reason: `the peer violated the protocol: ${reason}`,
    } as const
    this.#end(why, PROTOCOL_VIOLATION, reason)
  }

  #end(why: CloseInfo, code = why.code ?? 0, reason = why.reason): void {
    const native = this.#native
    if (native === undefined || this.#closing !== undefined || native.closeReason() !== null) return
    this.#closing = why
    native.close(BigInt(code), textToArray(reason))
    // The addon reports the end some turns later. Until then the connection would still look usable.
    this.#settle(why)
  }

  /** Translates an error of the addon. If it is the end of the connection, `closed` resolves before the stream fails. */
  #errorOf(error: unknown): TransportError {
    const end = endOfConnection(error, this.#closing)
    if (end !== undefined && (this.#native === undefined || this.#native.closeReason() !== null))
      this.#settle(this.#closing ?? end)
    return streamError(error, this.#closing)
  }

  /** A method rather than a closure in the constructor, which would keep the native connection alive. */
  #allowedSilence(silenceMs: number): number {
    return this.#native === undefined ? silenceMs : allowedSilence(this.#native, silenceMs)
  }

  #settle(info: CloseInfo): void {
    if (this.#gone !== undefined) return
    this.#gone = info
    this.#liveness.stop()
    this.#paths?.stop()
    this.#places?.stop()
    this.#opener.drop()
    this.#context.finishes.drop()
    this.#native = undefined
    this.#resolveClosed(info)
  }
}
