import type { ByteStream, CloseInfo } from '@aster/rpc-core'
import { assertStreamCode, closeError, misuseError, onAbort, Pushable } from '@aster/rpc-core/protocol'
import type { IrohConnection } from '../binding.ts'
import { flushed } from '../flush.ts'
import { type IrohPath, toPaths } from '../paths.ts'
import { EventKind } from './kinds.ts'
import { closeInfoOf } from './ring-error.ts'
import { RingStream, type StreamOwner } from './ring-stream.ts'
import type { Owner, Rings } from './rings.ts'

interface Opener {
  readonly resolve: (stream: ByteStream) => void
  readonly reject: (error: unknown) => void
}

/** A connection of the addon. */
export class RingConnection implements IrohConnection, Owner, StreamOwner {
  readonly handle: number
  readonly remoteId: string
  readonly alpn: string
  readonly closed: Promise<CloseInfo>
  readonly #rings: Rings
  readonly #resolveClosed: (info: CloseInfo) => void
  readonly #streams = new Set<RingStream>()
  readonly #incoming = new Pushable<ByteStream>(Infinity, (left) => left.forEach(abandon))
  #iterated = false
  /** Streams that can be opened without waiting. */
  #openable = 0
  #openers: Opener[] = []
  /** Whether no path is left: bytes that are sent now may never arrive. */
  #isOut = false
  #gone: CloseInfo | undefined
  #lastFinish = -Infinity
  readonly #unhold: () => void

  constructor(handle: number, rings: Rings) {
    this.handle = handle
    this.#rings = rings
    rings.add(this)
    const info = rings.net.connectionInfo(handle)
    this.remoteId = info?.remoteId ?? ''
    this.alpn = info?.alpn ?? ''
    let resolveClosed: (info: CloseInfo) => void = () => {}
    this.closed = new Promise((resolve) => (resolveClosed = resolve))
    this.#resolveClosed = resolveClosed
    this.#unhold = rings.hold()
  }

  onEvent(kind: number, a: number): void {
    switch (kind) {
      case EventKind.OPENABLE:
        this.#openable += a
        return this.#openWaiting()
      case EventKind.STREAM: {
        const stream = this.#createStream(a)
        if (this.#incoming.open) void this.#incoming.push(stream)
        else abandon(stream)
        return
      }
      case EventKind.PATHS:
        this.#isOut = a === 0
        return this.#openWaiting()
      case EventKind.CLOSED: {
        const failure = this.#rings.net.failure(this.handle)
        this.#end(failure === null ? { by: 'local', code: 0, reason: '' } : closeInfoOf(failure))
        this.#rings.release(this)
      }
    }
  }

  openStream({ signal }: { signal?: AbortSignal | undefined } = {}): Promise<ByteStream> {
    if (this.#gone !== undefined) return Promise.reject(closeError(this.#gone))
    if (signal?.aborted === true) return Promise.reject(signal.reason as Error)
    const opened = this.tryOpenStream()
    if (opened !== undefined) return Promise.resolve(opened)
    return new Promise((resolve, reject) => {
      const off = onAbort(signal, () => {
        this.#openers = this.#openers.filter((one) => one !== opener)
        reject(signal?.reason as Error)
      })
      const opener: Opener = {
        resolve(stream) {
          off()
          resolve(stream)
        },
        reject(error) {
          off()
          reject(error)
        },
      }
      this.#openers.push(opener)
    })
  }

  tryOpenStream(): ByteStream | undefined {
    if (this.#gone !== undefined || this.#isOut || this.#openable === 0 || this.#openers.length > 0) return undefined
    return this.#open()
  }

  incomingStreams(): AsyncIterable<ByteStream> {
    if (this.#iterated) throw misuseError('incomingStreams is to be iterated once')
    this.#iterated = true
    return this.#incoming
  }

  get paths(): readonly IrohPath[] {
    return this.#gone === undefined ? toPaths(this.#rings.net.paths(this.handle)) : []
  }

  get rttMs(): number | undefined {
    return this.paths.find(({ selected }) => selected)?.rttMs
  }

  close(code = 0, reason = ''): void {
    assertStreamCode(code)
    if (this.#gone !== undefined) return
    this.#rings.net.close(this.handle, code, reason)
    this.#end({ by: 'local', code, reason })
  }

  flush(): Promise<void> {
    return flushed({ finishedAt: this.#lastFinish, rttMs: this.rttMs, closed: this.closed })
  }

  onFinish(): void {
    this.#lastFinish = performance.now()
  }

  onOver(stream: RingStream): void {
    this.#streams.delete(stream)
    this.#rings.streams -= 1
  }

  #createStream(handle: number): RingStream {
    const stream = new RingStream(handle, this.#rings, this)
    this.#streams.add(stream)
    this.#rings.streams += 1
    return stream
  }

  #open(): RingStream {
    this.#openable -= 1
    // The open itself can wait for the first write. After the last openable stream, the addon has to open more ahead.
    const net = this.#openable > 0 ? this.#rings.enqueueFirst() : this.#rings.enqueue()
    return this.#createStream(net.open(this.handle))
  }

  #openWaiting(): void {
    while (this.#openable > 0 && !this.#isOut) {
      const opener = this.#openers.shift()
      if (opener === undefined) return
      opener.resolve(this.#open())
    }
  }

  /** Ends the connection. `closed` resolves before a stream fails with the end of the connection. */
  #end(info: CloseInfo): void {
    if (this.#gone !== undefined) return
    this.#gone = info
    this.#unhold()
    this.#resolveClosed(info)
    for (const opener of this.#openers.splice(0)) opener.reject(closeError(info))
    for (const stream of this.#streams) stream.fail(() => closeError(info))
    this.#incoming.end()
  }
}

function abandon(stream: ByteStream): void {
  stream.reset(0)
  stream.stop(0)
}
