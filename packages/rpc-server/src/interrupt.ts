import { type AbortSource, onAbort } from '@aster/rpc-core/protocol'

/**
 * Lets a signal interrupt one wait after another, for the loop over streamed responses. Listens to the signal once for all waits:
 * `abortable` would add and remove a listener for each response, and a `Promise.race` with a long-lived promise would retain
 * memory for each response of a long stream.
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

  /** Returns the outcome of `promise`. Throws the reason of the signal if the signal aborts first. One wait at a time. */
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
