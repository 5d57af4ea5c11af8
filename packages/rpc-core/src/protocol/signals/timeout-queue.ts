import { startNeutral } from './async-context.ts'
import { epochNow } from './clock.ts'
import { runAt } from './signals.ts'
import { runSoon } from './soon.ts'

/** If a timer fires more than this many milliseconds late, the process was stalled, and its input was held up as well. */
const LATE_MS = 1_000

/**
 * The place of an item in a `TimeoutQueue`. An item that waits often keeps its place for all its waits, so that none of them
 * allocates.
 */
export class TimeoutPlace<T> {
  /** The item that waits. */
  readonly item: T
  /** When the timeout passes, in milliseconds since the epoch; 0 while the place is in no queue. */
  due = 0
  /** The place before it in the queue. */
  previous: TimeoutPlace<T> | undefined
  /** The place after it in the queue. */
  next: TimeoutPlace<T> | undefined

  constructor(item: T) {
    this.item = item
  }
}

/**
 * A queue of items that all have the same timeout, with one timer for all of them. The timer does not keep the process
 * alive. It runs only while an item waits that has been in the queue for a turn of the event loop: most items are removed
 * before that, and need no timer.
 */
export class TimeoutQueue<T> {
  /** The timeout in milliseconds. */
  readonly ms: number
  readonly #onTimeout: (item: T) => void
  /** The ends of the list of places, which are in the order of their due times. */
  #first: TimeoutPlace<T> | undefined
  #last: TimeoutPlace<T> | undefined
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
  add(place: TimeoutPlace<T>): void {
    if (this.ms === Infinity) return
    this.delete(place)
    place.due = epochNow() + this.ms
    place.previous = this.#last
    if (this.#last === undefined) this.#first = place
    else this.#last.next = place
    this.#last = place
    if (this.#isStarting || this.#stopTimer !== undefined) return
    this.#isStarting = true
    startNeutral(this.#startSoon)
  }

  /** Removes an item. The timer stays: items come and go too often to restart it each time. */
  delete(place: TimeoutPlace<T>): void {
    if (place.due === 0) return
    const { previous, next } = place
    if (previous === undefined) this.#first = next
    else previous.next = next
    if (next === undefined) this.#last = previous
    else next.previous = previous
    place.due = 0
    place.previous = place.next = undefined
  }

  /** Stops the timer if the queue is empty. */
  stop(): void {
    if (this.#first !== undefined) return
    this.#stopTimer?.()
    this.#stopTimer = undefined
  }

  readonly #startSoon = (): void => runSoon(this.#start)

  readonly #start = (): void => {
    this.#isStarting = false
    if (this.#stopTimer === undefined && this.#first !== undefined) this.#arm(this.#first.due)
  }

  #arm(time: number): void {
    this.#stopTimer = startNeutral(() => runAt(time, () => this.#check(time), { unref: true }))
  }

  #check(time: number): void {
    this.#stopTimer = undefined
    const now = epochNow()
    // The process was stalled, and has not yet read the bytes that arrived meanwhile.
    if (now - time > LATE_MS && this.#first !== undefined) return this.#arm(now + LATE_MS)
    for (let place = this.#first; place !== undefined; place = this.#first) {
      if (place.due > now) {
        if (this.#stopTimer === undefined) this.#arm(place.due)
        return
      }
      this.delete(place)
      this.#onTimeout(place.item)
    }
  }
}
