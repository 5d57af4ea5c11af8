import { LIMITS } from '../../limits.ts'

/** Each stream may hold this part of what is left of the budget: there is always some left for a further one. */
const STREAM_PART = 1 / 8

/** What waits for room: the sending half of a stream. */
export interface RoomWaiter {
  readonly hasRoom: boolean
  proceed(): void
}

/**
 * The memory for what is to be sent to one peer, on all streams of a connection. What a stream may queue shrinks as the
 * budget fills; a stream that has nothing queued may queue a message until the budget is used up. Beyond that one answer of a
 * unary or client-stream call at a time may go out all the same: paused streams cannot keep calls from being answered.
 */
export class WriteBudget {
  /** Bytes queued or being written. */
  used = 0
  /** Whose answer goes beyond the budget. */
  #borrower: RoomWaiter | undefined
  readonly #waiting = new Set<RoomWaiter>()

  /** Whether no more is to be queued. */
  get isFull(): boolean {
    return this.used >= LIMITS.connectionQueuedBytes
  }

  /** Bytes that a stream may queue now. */
  get streamBytes(): number {
    return Math.max(0, LIMITS.connectionQueuedBytes - this.used) * STREAM_PART
  }

  /** Counts bytes that are queued, or, below 0, that are gone. */
  add(bytes: number): void {
    this.used += bytes
    // Whoever was woken before may have queued less than there is room for.
    if (this.#waiting.size > 0 && (bytes < 0 || !this.isFull)) this.#wake()
  }

  wait(waiter: RoomWaiter): void {
    this.#waiting.add(waiter)
  }

  leave(waiter: RoomWaiter): void {
    this.#waiting.delete(waiter)
  }

  /** Whether `waiter` may go beyond the budget, or does already. */
  mayBorrow(waiter: RoomWaiter): boolean {
    return this.#borrower === undefined || this.#borrower === waiter
  }

  borrow(waiter: RoomWaiter): void {
    this.#borrower = waiter
  }

  /** Called when everything of `waiter` is out. */
  giveBack(waiter: RoomWaiter): void {
    if (this.#borrower !== waiter) return
    this.#borrower = undefined
    this.#wake()
  }

  /** One at a time while the budget is tight, since each may queue a large message. */
  #wake(): void {
    for (const waiter of this.#waiting) {
      if (!waiter.hasRoom) continue
      this.#waiting.delete(waiter)
      waiter.proceed()
      if (this.used > LIMITS.connectionQueuedBytes / 2) return
    }
  }
}
