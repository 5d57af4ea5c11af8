import type { ByteStream, CloseInfo, Connection } from '@aster/rpc-core'
import { assertStreamCode, closeError, misuseError, Pushable } from '@aster/rpc-core/protocol'
import { FinishChecks } from './finish-checks.ts'
import { IrohStream } from './iroh-stream.ts'
import { Liveness } from './liveness.ts'
import type { NativeConnection } from './native.ts'
import { closeInfoOf, streamError } from './native-error.ts'
import { textToArray } from './number-array.ts'
import type { StreamContext } from './send-half.ts'
import { dispose, StreamOpener } from './stream-opener.ts'

/** Native accepts under way at a time: with one, each stream would wait for the thread hop of the one before. */
const ACCEPTS = 4

export class IrohConnection implements Connection {
  readonly remoteId: string
  readonly alpn: string
  readonly closed: Promise<CloseInfo>
  readonly #native: NativeConnection
  readonly #opener: StreamOpener
  #iterated = false
  /** How this side closed it. */
  #closing: CloseInfo | undefined

  constructor(native: NativeConnection) {
    this.#native = native
    this.remoteId = native.remoteId().toString()
    this.alpn = new TextDecoder().decode(Uint8Array.from(native.alpn()))
    this.#context = {
      errorOf: (error) => streamError(error, this.#closing),
      finishes: new FinishChecks(),
      reads: { pending: 0, activity: 0 },
    }
    this.#opener = new StreamOpener(native)
    const liveness = new Liveness(native, this.#context.reads, (silence) => {
      this.#end({ by: 'network', reason: `the peer has not answered for ${silence} ms` })
    })
    this.closed = native.closed().then(
      (text) => {
        liveness.stop()
        return this.#closing ?? closeInfoOf(text)
      },
      (error: unknown) => {
        liveness.stop()
        return { by: 'network', reason: String(error) }
      },
    )
  }

  readonly #context: StreamContext

  async openStream({ signal }: { signal?: AbortSignal | undefined } = {}): Promise<ByteStream> {
    if (this.#closing !== undefined) throw closeError(this.#closing)
    try {
      return new IrohStream(await this.#opener.open(signal), this.#context)
    } catch (error) {
      if (signal?.aborted && error === signal.reason) throw error
      throw this.#context.errorOf(error)
    }
  }

  incomingStreams(): AsyncIterable<ByteStream> {
    if (this.#iterated) throw misuseError('incomingStreams is to be iterated once')
    this.#iterated = true
    const streams = new Pushable<ByteStream>(Infinity)
    for (let i = 0; i < ACCEPTS; i++) void this.#accept(streams)
    return streams
  }

  /** Takes streams until the connection is gone; refuses them once nobody iterates any more. */
  async #accept(streams: Pushable<ByteStream>): Promise<void> {
    try {
      for (;;) {
        const native = await this.#native.acceptBi()
        if (streams.open) void streams.push(new IrohStream(native, this.#context))
        else dispose(native)
      }
    } catch {
      // The connection is gone; `closed` says how.
      streams.end()
    }
  }

  close(code = 0, reason = ''): void {
    assertStreamCode(code)
    this.#end({ by: 'local', code, reason })
  }

  #end(why: CloseInfo): void {
    if (this.#closing !== undefined || this.#native.closeReason() !== null) return
    this.#closing = why
    this.#native.close(BigInt(why.code ?? 0), textToArray(why.reason))
  }
}
