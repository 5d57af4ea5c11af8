import { type AbortSource, onAbort } from '@aster/rpc-core/protocol'

/**
 * Lets a signal cut short one wait after another. It listens once: a listener for each wait, or a `Promise.race` with one
 * long-lived promise, would pile up over a long stream.
 */
export class Interrupt {
  readonly #signal: AbortSource
  #reject: ((reason: unknown) => void) | undefined
  /** Stops listening. */
  readonly off: () => void

  constructor(signal: AbortSource) {
    this.#signal = signal
    this.off = onAbort(signal, () => this.#reject?.(signal.reason))
  }

  /** The outcome of `promise`, or the reason of the signal when that comes first. One wait at a time. */
  wait<T>(promise: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      if (this.#signal.aborted) {
        promise.catch(() => {})
        return reject(this.#signal.reason as Error)
      }
      this.#reject = reject
      promise.then(resolve, reject)
    })
  }
}
