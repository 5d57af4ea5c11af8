/** One in so many finishes is looked at anyway. */
const EVERY = 16
/** After a stop was met, so many are. */
const ALERT = 64

/**
 * Which finishes of a connection are looked at. A native finish of a half that the peer has just stopped succeeds and
 * does nothing, so that the stream keeps its place until the garbage collector comes by. To ask costs a third of the
 * calls per second, and it matters only where peers stop often: then the few that are asked show it, and more are.
 */
export class FinishChecks {
  /** When the last of them was, by `performance.now()`. */
  lastAt = -Infinity
  #count = 0
  #alert = 0

  due(): boolean {
    if (this.#alert > 0) {
      this.#alert--
      return true
    }
    this.#count = (this.#count + 1) % EVERY
    return this.#count === 0
  }

  stopMet(): void {
    this.#alert = ALERT
  }
}
