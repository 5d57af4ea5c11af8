import { LIMITS } from '../../limits.ts'

/** The share of the remaining budget that one stream may hold, so that some of it always remains for another stream. */
const STREAM_PART = 1 / 8

/** The sending half of a stream, which waits for room. */
export interface RoomWaiter {
  /** Whether the waiter could proceed now. */
  readonly hasRoom: boolean
  /** Called when there is room. */
  proceed(): void
}

/**
 * The memory for the frames that are to be sent to one peer on all streams of a connection. The fuller the budget, the less
 * a stream may queue; a stream with an empty queue may queue one message until the budget is used up. Beyond that, the
 * response of one unary or client-stream call at a time may still be sent, so that paused streams cannot keep calls from
 * being answered.
 */
export class WriteBudget {
  /** The bytes that are queued or being written. */
  used = 0
  /** The stream whose response exceeds the budget. */
  #borrower: RoomWaiter | undefined
  readonly #waiting = new Set<RoomWaiter>()

  /** Whether the budget is used up. */
  get isFull(): boolean {
    return this.used >= LIMITS.connectionQueuedBytes
  }

  /** The bytes that a stream may queue now. */
  get streamBytes(): number {
    return Math.max(0, LIMITS.connectionQueuedBytes - this.used) * STREAM_PART
  }

  /** Adds `bytes` to `used`: a positive number when they are queued, a negative one when they have been sent. */
  add(bytes: number): void {
    this.used += bytes
    // A stream that was woken earlier may have queued less than there is room for.
    if (this.#waiting.size > 0 && (bytes < 0 || !this.isFull)) this.#wake()
  }

  /** Adds a stream that waits for room. */
  wait(waiter: RoomWaiter): void {
    this.#waiting.add(waiter)
  }

  /** Removes a stream that waits for room. */
  leave(waiter: RoomWaiter): void {
    this.#waiting.delete(waiter)
  }

  /** Returns whether `waiter` may exceed the budget, or does so already. */
  mayBorrow(waiter: RoomWaiter): boolean {
    return this.#borrower === undefined || this.#borrower === waiter
  }

  /** Lets `waiter` exceed the budget. */
  borrow(waiter: RoomWaiter): void {
    this.#borrower = waiter
  }

  /** Called when all bytes of `waiter` have been sent. */
  giveBack(waiter: RoomWaiter): void {
    if (this.#borrower !== waiter) return
    this.#borrower = undefined
    this.#wake()
  }

  /** Wakes the waiting streams, one at a time while the budget is tight, since each may queue a large message. */
  #wake(): void {
    for (const waiter of this.#waiting) {
      if (!waiter.hasRoom) continue
      this.#waiting.delete(waiter)
      waiter.proceed()
      if (this.used > LIMITS.connectionQueuedBytes / 2) return
    }
  }
}
