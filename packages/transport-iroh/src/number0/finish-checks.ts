/** Check every 16th finish in any case. */
const EVERY = 16
/** After the peer has stopped a half, check the next 64 finishes. */
const ALERT = 64

/**
 * Decides which finishes of a connection are checked. If the peer has just stopped a half, the native finish of that half
 * succeeds without effect, and the stream keeps its place until garbage is collected. Checking each finish costs a third of
 * the calls per second, and matters only if peers stop often: in that case the sampled finishes show it, and more are
 * checked.
 */
export class FinishChecks {
  /** The time of the last finish of the connection, by `performance.now()`. */
  lastAt = -Infinity
  #count = 0
  #alert = 0

  /** Counts a finish, and returns whether it has to be checked. */
  due(): boolean {
    if (this.#alert > 0) {
      this.#alert--
      return true
    }
    this.#count = (this.#count + 1) % EVERY
    return this.#count === 0
  }

  /** Records that the peer has stopped a half. */
  stopMet(): void {
    this.#alert = ALERT
  }
}
