import { startNeutral } from './async-context.ts'
import { epochNow } from './clock.ts'
import { runAt } from './signals.ts'
import { runSoon } from './soon.ts'

/** A timer that fires later than this was held up, and so was what it waits for. */
const LATE_MS = 1_000

/**
 * Items that each have the same time, with one timer for all of them, which keeps no process alive. It runs only while an
 * item waits that was still there a turn of the event loop after it came: most are gone by then, and cost no timer.
 */
export class TimeoutQueue<T> {
  readonly ms: number
  readonly #onTimeout: (item: T) => void
  /** In the order of their times, in milliseconds since the epoch. */
  readonly #items = new Map<T, number>()
  #stopTimer: (() => void) | undefined
  #isStarting = false

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
    if (this.#isStarting || this.#stopTimer !== undefined) return
    this.#isStarting = true
    startNeutral(this.#startSoon)
  }

  /** Ends the time of an item. The timer stays, and finds nothing: items come and go too often to start it anew each time. */
  delete(item: T): void {
    this.#items.delete(item)
  }

  /** Stops the timer if nothing waits: the last item may be gone. */
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
    // The process stood still, and has not read yet what came in the meantime.
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
