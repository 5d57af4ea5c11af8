import { onAbort } from '@aster/rpc-core/protocol'
import type { NativeBiStream, NativeConnection } from './native.ts'

interface Waiter {
  readonly resolve: (stream: NativeBiStream) => void
  readonly reject: (error: unknown) => void
}

/**
 * Opens streams. A native open cannot be called off: one that outlives its caller goes to the next caller, or is disposed
 * of when nobody waits.
 */
export class StreamOpener {
  readonly #connection: NativeConnection
  #waiting: Waiter[] = []
  #opening = 0

  constructor(connection: NativeConnection) {
    this.#connection = connection
  }

  /** Rejects with the reason of `signal`, or with the addon's error. */
  open(signal: AbortSignal | undefined): Promise<NativeBiStream> {
    return new Promise((resolve, reject) => {
      signal?.throwIfAborted()
      const waiter: Waiter = { resolve, reject }
      this.#waiting.push(waiter)
      if (signal !== undefined) this.#watch(waiter, signal)
      if (this.#opening < this.#waiting.length) this.#open()
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
    this.#opening++
    this.#connection.openBi().then(
      (stream) => {
        this.#opening--
        const waiter = this.#waiting.shift()
        if (waiter === undefined) dispose(stream)
        else waiter.resolve(stream)
      },
      (error: unknown) => {
        this.#opening--
        this.#waiting.shift()?.reject(error)
      },
    )
  }
}

/** Both halves are given up, so that the stream does not count for ever. */
export function dispose(stream: NativeBiStream): void {
  stream.send.reset(0n).catch(() => {})
  stream.recv.stop(0n).catch(() => {})
}
