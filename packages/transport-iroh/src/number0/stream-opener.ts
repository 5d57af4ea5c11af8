import { onAbort, runSoon } from '@aster/rpc-core/protocol'
import type { NativeBiStream, NativeConnection } from './native.ts'

interface Waiter {
  readonly resolve: (stream: NativeBiStream) => void
  readonly reject: (error: unknown) => void
}

/**
 * Opens streams. After the first open it keeps one stream ready, so that the next caller need not wait for the addon's
 * thread. The peer does not know of a stream to which nothing was written.
 *
 * A native open cannot be cancelled: if its caller is gone, the stream goes to the next caller. A stream is opened ahead
 * only while no other open is in progress, so that streams are used in the order of their numbers: by the first packet of a
 * stream, the peer considers all streams with lower numbers open as well.
 */
export class StreamOpener {
  /** Dropped when the connection is gone. */
  #connection: NativeConnection | undefined
  #waiting: Waiter[] = []
  #opening = 0
  #ready: NativeBiStream | undefined

  constructor(connection: NativeConnection) {
    this.#connection = connection
  }

  /** Opens a stream. Rejects with the reason of `signal`, or with the addon's error. */
  open(signal: AbortSignal | undefined): Promise<NativeBiStream> {
    return new Promise((resolve, reject) => {
      signal?.throwIfAborted()
      const ready = this.#takeReady()
      if (ready !== undefined) return resolve(ready)
      const waiter: Waiter = { resolve, reject }
      this.#waiting.push(waiter)
      if (signal !== undefined) this.#watch(waiter, signal)
      if (this.#opening < this.#waiting.length) this.#open()
    })
  }

  /**
   * Returns the stream that is ready. Returns `undefined` if no stream is ready, or if the connection is gone: the caller
   * then opens a stream, and the error of that open says how the connection ended.
   */
  #takeReady(): NativeBiStream | undefined {
    const ready = this.#ready
    if (ready === undefined) return undefined
    this.#ready = undefined
    if (this.#connection?.closeReason() !== null) return undefined
    this.#openAhead()
    return ready
  }

  /** Opens a stream ahead in a later turn of the event loop: the caller's first operation on its new stream goes first. */
  #openAhead(): void {
    runSoon(() => {
      if (this.#opening === 0 && this.#waiting.length === 0 && this.#ready === undefined) this.#open()
    })
  }

  #watch(waiter: Waiter, signal: AbortSignal): void {
    const off = onAbort(signal, () => {
      this.#waiting = this.#waiting.filter((other) => other !== watched)
      waiter.reject(signal.reason)
    })
    const watched: Waiter = {
      resolve(stream) {
        off()
        waiter.resolve(stream)
      },
      reject(error) {
        off()
        waiter.reject(error)
      },
    }
    this.#waiting[this.#waiting.indexOf(waiter)] = watched
  }

  #open(): void {
    const connection = this.#connection
    if (connection === undefined) return
    this.#opening++
    connection.openBi().then(
      (stream) => {
        this.#opening--
        const waiter = this.#waiting.shift()
        if (waiter === undefined) return this.#keep(stream)
        waiter.resolve(stream)
        if (this.#opening === 0 && this.#waiting.length === 0) this.#openAhead()
      },
      (error: unknown) => {
        this.#opening--
        this.#waiting.shift()?.reject(error)
      },
    )
  }

  /** Drops the addon's objects when the connection is gone. Native opens in progress still fail their callers. */
  drop(): void {
    this.#connection = undefined
    this.#ready = undefined
  }

  #keep(stream: NativeBiStream): void {
    if (this.#connection === undefined) return
    if (this.#ready === undefined) this.#ready = stream
    else dispose(stream)
  }
}

/** Abandons both halves of a stream, so that it does not count towards the limit for ever. */
export function dispose(stream: NativeBiStream): void {
  stream.send.reset(0n).catch(() => {})
  stream.recv.stop(0n).catch(() => {})
}
