/** A call that waits for a place. */
export interface Waiter {
  /** Called with the place of the call. */
  readonly proceed: (share: Share) => void
  /** Called when the call is refused after all. */
  readonly refuse: () => void
}

/** What one peer has of the places: the calls that hold one, and those that wait for one. */
export class Share {
  readonly peer: string
  /** Places that calls of the peer hold. */
  held = 0
  /** In the order in which they came. */
  readonly waiting = new Map<number, Waiter>()
  /** Places that are kept for the peer, with those that it holds, since it was refused one; 0 if it was not refused lately. */
  wanted = 0
  /** When the peer called last, by `performance.now()`; counted while `wanted` is not 0. */
  calledAt = 0
  /** The number of the last call that began to wait, which is the newest unless it has gone. */
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

  /** Takes out the call that waits longest. */
  shift(): Waiter | undefined {
    for (const [number, waiter] of this.waiting) {
      this.waiting.delete(number)
      return waiter
    }
    return undefined
  }

  /** Takes out the call that came last. */
  pop(): Waiter | undefined {
    if (this.waiting.size === 0) return undefined
    while (!this.waiting.has(this.#last)) this.#last -= 1
    const waiter = this.waiting.get(this.#last)
    this.waiting.delete(this.#last)
    return waiter
  }
}

/** Shares by a number, such as that of the places that they hold. */
export class Ranks {
  /** The number of different ranks is small: it grows with the square root of the sum of all. */
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

  /** Returns the shares of the lowest rank, the one that has had it longest first. */
  get lowest(): Iterable<Share> {
    let lowest = Infinity
    for (const rank of this.#ranks.keys()) lowest = Math.min(lowest, rank)
    return this.#ranks.get(lowest) ?? []
  }

  /** Returns the shares of the highest rank, the one that has had it longest first. */
  get highest(): Iterable<Share> {
    let highest = -Infinity
    for (const rank of this.#ranks.keys()) highest = Math.max(highest, rank)
    return this.#ranks.get(highest) ?? []
  }
}
