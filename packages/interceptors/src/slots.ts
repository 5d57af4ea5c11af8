import { RpcError, StatusCode } from '@aster/rpc-core'
import { type AbortSource, cancelledError, onAbort } from '@aster/rpc-core/protocol'
import { Ranks, Share } from './share.ts'

/** The time for which places are reserved for a peer that was refused one, in milliseconds from its last call. */
const KEEP_MS = 5_000
/** The largest number of peers for which places are reserved. */
const MAX_KEPT = 64
/** The places that are reserved for a peer at first, at most its fair share. */
const FIRST_KEPT = 8
/** The largest number of peers with equally many waiting calls among which the one that holds the most places is searched. */
const MAX_COMPARED = 16

/** A request for a place. */
export interface SlotRequest {
  /** The signal of the call: the request ends when it aborts. */
  readonly signal: AbortSource
  /** The name of the limited thing, for messages. */
  readonly subject: string
  /** The id of the peer; the places are shared fairly between peers. */
  readonly peer: string
}

/**
 * A fixed number of places for calls, and a queue of calls that wait for one. The peers share both: a peer that is alone may
 * have all of them. While several peers call, a peer does not get more places by making more calls.
 *
 * - A place that becomes free goes to the waiting peer that holds the fewest, and within a peer to the call that came first.
 * - If the queue is full, a call of a peer with fewer waiting calls replaces the newest call of the peer that has the most.
 * - If there is no queue, places are reserved for the next calls of a peer that is refused although it holds less than its
 *   share. Peers that hold their share or more cannot use these places.
 */
export class Slots {
  readonly #maxConcurrent: number
  readonly #queue: number
  /** The peers that hold places, wait for one, or have one reserved. */
  readonly #shares = new Map<string, Share>()
  /** The peers that wait, by the number of places that they hold, and by the number of their calls that wait. */
  readonly #byHeld = new Ranks()
  readonly #byWaiting = new Ranks()
  /** The peers for which places are reserved. */
  readonly #kept = new Set<Share>()
  /** The idle share of the peer that called last. It stays in `#shares`, since most peers make one call after another. */
  #spare: Share | undefined
  #taken = 0
  #waiting = 0

  /** @param queue the largest number of calls that may wait */
  constructor(maxConcurrent: number, queue: number) {
    this.#maxConcurrent = maxConcurrent
    this.#queue = queue
  }

  /** Whether all places are free, and no call waits. */
  get idle(): boolean {
    return this.#taken === 0 && this.#waiting === 0
  }

  /**
   * Takes a place, or waits for one. Returns the argument of `release`; a promise of it if the call has to wait. The promise
   * rejects with the error of the call if the call is aborted, and with `RESOURCE_EXHAUSTED` if another call replaces it.
   *
   * @throws RpcError `RESOURCE_EXHAUSTED` if the queue is full
   */
  acquire(request: SlotRequest): Share | Promise<Share> {
    const share = this.#shareOf(request.peer)
    if (this.#taken < this.#maxConcurrent) {
      if (this.#kept.size > 0 && this.#isKeptForOthers(share)) throw this.#shareError(request, share)
      this.#taken += 1
      share.held += 1
      return share
    }
    if (this.#waiting >= this.#queue && !this.#makeRoom(share)) {
      if (this.#queue === 0) this.#keep(share)
      this.#forget(share)
      throw this.#fullError(request)
    }
    return new Promise((resolve, reject) => this.#wait(request, share, { resolve, reject }))
  }

  /** Frees a place. It goes to the waiting peer that holds the fewest. */
  release(share: Share): void {
    this.#hold(share, -1)
    for (const next of this.#byHeld.lowest) {
      const waiter = this.#take(next, () => next.shift())
      this.#hold(next, 1)
      this.#forget(share)
      return waiter?.proceed(next)
    }
    this.#taken -= 1
    this.#forget(share)
  }

  #shareOf(peer: string): Share {
    let share = this.#shares.get(peer)
    if (share === undefined) this.#shares.set(peer, (share = new Share(peer)))
    if (share === this.#spare) this.#spare = undefined
    return share
  }

  #forget(share: Share): void {
    if (!share.isIdle || share === this.#spare) return
    if (this.#spare !== undefined) this.#shares.delete(this.#spare.peer)
    this.#spare = share
  }

  #hold(share: Share, by: 1 | -1): void {
    const isWaiting = share.waiting.size > 0
    if (isWaiting) this.#byHeld.delete(share.held, share)
    share.held += by
    if (isWaiting) this.#byHeld.add(share.held, share)
  }

  #wait(
    { signal, subject }: SlotRequest,
    share: Share,
    { resolve, reject }: { resolve: (share: Share) => void; reject: (error: unknown) => void },
  ): void {
    let stopListening = (): void => {}
    const waiter = {
      proceed: (own: Share) => {
        stopListening()
        resolve(own)
      },
      refuse: () => {
        stopListening()
        reject(this.#fullError({ subject }))
      },
    }
    const number = this.#add(share, () => share.push(waiter))
    stopListening = onAbort(signal, () => {
      if (share.waiting.get(number) !== waiter) return
      this.#take(share, () => share.waiting.delete(number))
      this.#forget(share)
      reject(cancelledError(signal))
    })
  }

  /** Runs a change that adds a waiting call of a peer. */
  #add<T>(share: Share, change: () => T): T {
    return this.#changeWaiting(share, 1, change)
  }

  /** Runs a change that removes a waiting call of a peer. */
  #take<T>(share: Share, change: () => T): T {
    return this.#changeWaiting(share, -1, change)
  }

  #changeWaiting<T>(share: Share, by: 1 | -1, change: () => T): T {
    const { waiting, held } = share
    if (waiting.size > 0) {
      this.#byWaiting.delete(waiting.size, share)
      if (waiting.size === 1 && by === -1) this.#byHeld.delete(held, share)
    }
    const result = change()
    this.#waiting += by
    if (waiting.size > 0) {
      this.#byWaiting.add(waiting.size, share)
      if (waiting.size === 1 && by === 1) this.#byHeld.add(held, share)
    }
    return result
  }

  /** Makes room in the queue for a call of a peer. Returns false if no other peer has more of the queue. */
  #makeRoom(share: Share): boolean {
    const most = this.#mostWaiting()
    if (most === undefined || most === share) return false
    const more = most.waiting.size - share.waiting.size
    // If the difference were one call, the two peers would replace each other's calls in turns.
    if (more < 1 || (more === 1 && most.held <= share.held)) return false
    this.#take(most, () => most.pop())?.refuse()
    this.#forget(most)
    return true
  }

  /** Returns the peer that has most calls in the queue, and among equals the one that holds most places. */
  #mostWaiting(): Share | undefined {
    let most: Share | undefined
    let compared = 0
    for (const share of this.#byWaiting.highest) {
      if (most === undefined || share.held > most.held) most = share
      if (++compared === MAX_COMPARED) break
    }
    return most
  }

  /** The number of places that each peer may hold while all of them call. */
  get #fairShare(): number {
    return Math.ceil(this.#maxConcurrent / (this.#shares.size - (this.#spare === undefined ? 0 : 1)))
  }

  /** Reserves places for a peer that is refused, unless it has its share. */
  #keep(share: Share): void {
    if (share.held >= this.#fairShare) return
    const now = performance.now()
    if (this.#kept.size === MAX_KEPT && !this.#kept.has(share)) this.#dropKept(now)
    if (this.#kept.size === MAX_KEPT && !this.#kept.has(share)) return
    this.#kept.add(share)
    share.wanted = Math.max(share.wanted, FIRST_KEPT, 2 * share.held)
    share.calledAt = now
  }

  /** Drops the reservations of peers that have not called for `KEEP_MS`. */
  #dropKept(now: number): void {
    for (const share of this.#kept) {
      if (now - share.calledAt <= KEEP_MS) continue
      this.#kept.delete(share)
      share.wanted = 0
      this.#forget(share)
    }
  }

  /** Returns whether all places that are free are reserved for other peers. */
  #isKeptForOthers(share: Share): boolean {
    const now = performance.now()
    if (share.wanted > 0) share.calledAt = now
    this.#dropKept(now)
    const fair = this.#fairShare
    if (share.held < fair) return false
    let kept = 0
    for (const other of this.#kept) {
      if (other !== share) kept += Math.max(0, Math.min(other.wanted, fair) - other.held)
    }
    return this.#maxConcurrent - this.#taken <= kept
  }

  #shareError({ subject }: SlotRequest, { held }: Share): RpcError {
    return new RpcError(
      StatusCode.RESOURCE_EXHAUSTED,
      `${subject}: ${held} calls of this peer are in flight, which is its share of ${this.#maxConcurrent} while other peers call`,
    )
  }

  #fullError({ subject }: Pick<SlotRequest, 'subject'>): RpcError {
    const queued = this.#queue > 0 ? `, and ${this.#queue} are waiting` : ''
    return new RpcError(
      StatusCode.RESOURCE_EXHAUSTED,
      `${subject}: ${this.#maxConcurrent} calls are in flight${queued}`,
    )
  }
}
