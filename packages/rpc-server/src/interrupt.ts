import { type AbortSource, onAbort } from '@aster/rpc-core/protocol'

/**
 * Lets a signal interrupt one wait after another, as the loop over streamed responses needs it. It listens to the signal
 * once for all waits: `abortable` would add and remove a listener for each response, and a `Promise.race` with one
 * long-lived promise would pile up reactions over a long stream.
 */
export class Interrupt {
  readonly #signal: AbortSource
  #reject: ((reason: unknown) => void) | undefined
  /** Stops listening to the signal. */
  readonly stop: () => void

  constructor(signal: AbortSource) {
    this.#signal = signal
    this.stop = onAbort(signal, () => this.#reject?.(signal.reason))
  }

  /** Returns the outcome of `promise`, or throws the reason of the signal if that comes first. One wait at a time. */
  wait<T>(promise: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      if (this.#signal.aborted) {
        promise.catch(() => {})
        return reject(this.#signal.reason)
      }
      this.#reject = reject
      promise.then(resolve, reject)
    })
  }
}
