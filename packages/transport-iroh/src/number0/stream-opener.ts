import { onAbort, runSoon } from '@aster/rpc-core/protocol'
import type { NativeBiStream, NativeConnection } from './native.ts'

interface Waiter {
  readonly resolve: (stream: NativeBiStream) => void
  readonly reject: (error: unknown) => void
}

/**
 * Opens streams, and once one was wanted keeps another ready: a native open takes a thread hop that the next caller need
 * not wait for. A stream that nothing was written to is not known to the peer.
 *
 * A native open cannot be called off: one that outlives its caller goes to the next caller. One is opened ahead only
 * while no other is on its way, so that streams are used in the order of their numbers: what the peer sees of a stream
 * opens those before it as well.
 */
export class StreamOpener {
  /** Dropped with the connection. */
  #connection: NativeConnection | undefined
  #waiting: Waiter[] = []
  #opening = 0
  #ready: NativeBiStream | undefined

  constructor(connection: NativeConnection) {
    this.#connection = connection
  }

  /** Rejects with the reason of `signal`, or with the addon's error. */
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

  /** Nothing where the connection is gone: only a new open says how. */
  #takeReady(): NativeBiStream | undefined {
    const ready = this.#ready
    if (ready === undefined) return undefined
    this.#ready = undefined
    if (this.#connection?.closeReason() !== null) return undefined
    this.#openAhead()
    return ready
  }

  /** Behind what the caller does first with the stream it got. */
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

  /** Lets go of the addon's objects: the connection is gone. Native opens that are under way still fail their callers. */
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

/** Both halves are given up, so that the stream does not count for ever. */
export function dispose(stream: NativeBiStream): void {
  stream.send.reset(0n).catch(() => {})
  stream.recv.stop(0n).catch(() => {})
}
