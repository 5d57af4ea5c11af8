import { type AbortSource, onAbort } from '@aster/rpc-core/protocol'

/** Lets one caller run at a time. The others wait in the order in which they began to wait. */
export class TurnQueue {
  #isTaken = false
  /** Functions that pass the turn to a waiting caller. */
  readonly #waiting = new Set<() => void>()

  /**
   * Takes the turn until `release`. Returns a promise only if another caller has the turn. If `signal` aborts first, the caller
   * leaves the queue and the promise rejects with the reason.
   */
  take(signal: AbortSource): Promise<void> | undefined {
    if (this.#isTaken) return this.#wait(signal)
    this.#isTaken = true
    return undefined
  }

  /** Passes the turn on. */
  release(): void {
    for (const proceed of this.#waiting) return proceed()
    this.#isTaken = false
  }

  #wait(signal: AbortSource): Promise<void> {
    return new Promise((resolve, reject) => {
      const proceed = (): void => {
        this.#waiting.delete(proceed)
        off()
        resolve()
      }
      this.#waiting.add(proceed)
      const off = onAbort(signal, () => {
        if (this.#waiting.delete(proceed)) reject(signal.reason as Error)
      })
    })
  }
}
