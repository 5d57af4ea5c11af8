/** A call that waits for a place. */
export interface Waiter {
  /** Called with the place of the call. */
  readonly proceed: (share: Share) => void
  /** Called when the call is refused after all. */
  readonly refuse: () => void
}

/** The share of one peer: the places that its calls hold, and its calls that wait for a place. */
export class Share {
  readonly peer: string
  /** The number of places that calls of the peer hold. */
  held = 0
  /** The calls that wait, in the order in which they came. */
  readonly waiting = new Map<number, Waiter>()
  /** The number of places that the peer holds or has reserved after it was refused one; 0 if it was not refused lately. */
  wanted = 0
  /** The time of the peer's last call, by `performance.now()`; kept up to date while `wanted` is not 0. */
  calledAt = 0
  /** The number of the last call that began to wait. */
  #last = 0

  constructor(peer: string) {
    this.peer = peer
  }

  get isIdle(): boolean {
    return this.held === 0 && this.waiting.size === 0 && this.wanted === 0
  }

  /** Adds a call that waits. Returns its number. */
  push(waiter: Waiter): number {
    this.#last += 1
    this.waiting.set(this.#last, waiter)
    return this.#last
  }

  /** Removes and returns the call that has waited longest. */
  shift(): Waiter | undefined {
    for (const [number, waiter] of this.waiting) {
      this.waiting.delete(number)
      return waiter
    }
    return undefined
  }

  /** Removes and returns the call that came last. */
  pop(): Waiter | undefined {
    if (this.waiting.size === 0) return undefined
    while (!this.waiting.has(this.#last)) this.#last -= 1
    const waiter = this.waiting.get(this.#last)
    this.waiting.delete(this.#last)
    return waiter
  }
}

/** Shares, ordered by a number such as that of the places that they hold. */
export class Ranks {
  /** The shares of each rank. The number of different ranks is small: it grows with the square root of the sum of all. */
  readonly #ranks = new Map<number, Set<Share>>()

  add(rank: number, share: Share): void {
    const shares = this.#ranks.get(rank)
    if (shares === undefined) this.#ranks.set(rank, new Set([share]))
    else shares.add(share)
  }

  delete(rank: number, share: Share): void {
    const shares = this.#ranks.get(rank)
    if (shares?.delete(share) === true && shares.size === 0) this.#ranks.delete(rank)
  }

  /** Returns the shares of the lowest rank, beginning with the one that has had that rank longest. */
  get lowest(): Iterable<Share> {
    let lowest = Infinity
    for (const rank of this.#ranks.keys()) lowest = Math.min(lowest, rank)
    return this.#ranks.get(lowest) ?? []
  }

  /** Returns the shares of the highest rank, beginning with the one that has had that rank longest. */
  get highest(): Iterable<Share> {
    let highest = -Infinity
    for (const rank of this.#ranks.keys()) highest = Math.max(highest, rank)
    return this.#ranks.get(highest) ?? []
  }
}
