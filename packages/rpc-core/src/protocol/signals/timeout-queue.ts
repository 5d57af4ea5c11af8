import { runNeutral } from './async-context.ts'
import { epochNow } from './clock.ts'
import { runAt } from './signals.ts'

/** A timer that fires later than this was held up, and so was what it waits for. */
const LATE_MS = 1_000

/**
 * Items that each have the same time, with one timer for all of them: adding and deleting one costs no timer. The timer runs
 * only while an item waits, and keeps no process alive.
 */
export class TimeoutQueue<T> {
  readonly ms: number
  readonly #onTimeout: (item: T) => void
  /** In the order of their times, in milliseconds since the epoch. */
  readonly #items = new Map<T, number>()
  #isArmed = false

  /** @param ms the time of each item, in milliseconds; `Infinity` for none */
  constructor(ms: number, onTimeout: (item: T) => void) {
    this.ms = ms
    this.#onTimeout = onTimeout
  }

  /** Starts the time of an item, or starts it anew. */
  add(item: T): void {
    if (this.ms === Infinity) return
    const due = epochNow() + this.ms
    this.#items.delete(item)
    this.#items.set(item, due)
    if (!this.#isArmed) this.#arm(due)
  }

  delete(item: T): void {
    this.#items.delete(item)
  }

  #arm(time: number): void {
    this.#isArmed = true
    runNeutral(() => runAt(time, () => this.#check(time), { unref: true }))
  }

  #check(time: number): void {
    this.#isArmed = false
    const now = epochNow()
    // The process stood still, and has not read yet what came in the meantime.
    if (now - time > LATE_MS && this.#items.size > 0) return this.#arm(now + LATE_MS)
    for (const [item, due] of this.#items) {
      if (due > now) {
        if (!this.#isArmed) this.#arm(due)
        return
      }
      this.#items.delete(item)
      this.#onTimeout(item)
    }
  }
}
