import { startNeutral } from './async-context.ts'
import { epochNow } from './clock.ts'
import { runAt } from './signals.ts'
import { runSoon } from './soon.ts'

/** If a timer fires more than this many milliseconds late, the process was stalled, and its input was held up as well. */
const LATE_MS = 1_000

/**
 * A queue of items that all have the same timeout, with one timer for all of them. The timer does not keep the process
 * alive. It runs only while an item waits that has been in the queue for a turn of the event loop: most items are removed
 * before that, and need no timer.
 */
export class TimeoutQueue<T> {
  /** The timeout in milliseconds. */
  readonly ms: number
  readonly #onTimeout: (item: T) => void
  /** The due times of the items in milliseconds since the epoch, in order. */
  readonly #items = new Map<T, number>()
  #stopTimer: (() => void) | undefined
  #isStarting = false

  /**
   * @param ms the timeout of each item in milliseconds, or `Infinity` for no timeout
   * @param onTimeout receives an item whose timeout has passed
   */
  constructor(ms: number, onTimeout: (item: T) => void) {
    this.ms = ms
    this.#onTimeout = onTimeout
  }

  /** Starts or restarts the timeout of an item. */
  add(item: T): void {
    if (this.ms === Infinity) return
    const due = epochNow() + this.ms
    this.#items.delete(item)
    this.#items.set(item, due)
    if (this.#isStarting || this.#stopTimer !== undefined) return
    this.#isStarting = true
    startNeutral(this.#startSoon)
  }

  /** Removes an item. The timer stays: items come and go too often to restart it each time. */
  delete(item: T): void {
    this.#items.delete(item)
  }

  /** Stops the timer if the queue is empty. */
  stop(): void {
    if (this.#items.size > 0) return
    this.#stopTimer?.()
    this.#stopTimer = undefined
  }

  readonly #startSoon = (): void => runSoon(this.#start)

  readonly #start = (): void => {
    this.#isStarting = false
    if (this.#stopTimer !== undefined) return
    for (const due of this.#items.values()) return this.#arm(due)
  }

  #arm(time: number): void {
    this.#stopTimer = startNeutral(() => runAt(time, () => this.#check(time), { unref: true }))
  }

  #check(time: number): void {
    this.#stopTimer = undefined
    const now = epochNow()
    // The process was stalled, and has not yet read the bytes that arrived meanwhile.
    if (now - time > LATE_MS && this.#items.size > 0) return this.#arm(now + LATE_MS)
    for (const [item, due] of this.#items) {
      if (due > now) {
        if (this.#stopTimer === undefined) this.#arm(due)
        return
      }
      this.#items.delete(item)
      this.#onTimeout(item)
    }
  }
}
