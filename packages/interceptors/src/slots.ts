import { RpcError, StatusCode } from '@aster/rpc-core'
import { cancelledError, onAbort } from '@aster/rpc-core/protocol'
import { Ranks, Share } from './share.ts'

/** How long a place is kept for a peer that was refused one, from its last call on, in milliseconds. */
const KEEP_MS = 5_000
/** Peers for which places are kept. */
const MAX_KEPT = 64
/** Places that are kept for a peer at first, if its share has as many. */
const FIRST_KEPT = 8
/** Peers that wait equally much, among which the one that holds most is looked for. */
const MAX_COMPARED = 16

/** The place of a call, and whom it is limited with. */
export interface SlotRequest {
  readonly signal: AbortSignal
  /** The limited thing, for messages. */
  readonly subject: string
  /** The peers whose calls share the places fairly. */
  readonly peer: string
}

/**
 * A number of places for calls, and a queue of calls that wait for one. The peers share both: a peer alone may have all of
 * them, and while several call, none gets more because it calls more.
 *
 * - A place that is given back goes to the peer that holds the fewest; first come first served within a peer.
 * - If the queue is full, a call of a peer that has less of it takes the place of the newest call of the peer that has most.
 * - Without a queue, a peer that is refused although it holds less than its share has places kept for its next calls, which a
 *   peer with its share or more does not get.
 */
export class Slots {
  readonly #maxConcurrent: number
  readonly #queue: number
  /** The peers that hold places, wait for one, or have one kept. */
  readonly #shares = new Map<string, Share>()
  /** The peers that wait, by the places that they hold, and by the calls that wait. */
  readonly #byHeld = new Ranks()
  readonly #byWaiting = new Ranks()
  /** The peers for which places are kept. */
  readonly #kept = new Set<Share>()
  /** The share of the peer that was idle last: that of a peer which makes one call after another. */
  #spare: Share | undefined
  #taken = 0
  #waiting = 0

  /** @param queue the calls that may wait */
  constructor(maxConcurrent: number, queue: number) {
    this.#maxConcurrent = maxConcurrent
    this.#queue = queue
  }

  /** Whether no place is taken, and none waited for. */
  get idle(): boolean {
    return this.#taken === 0 && this.#waiting === 0
  }

  /**
   * Takes a place, or waits for one. Returns what `release` takes.
   *
   * @throws RpcError `RESOURCE_EXHAUSTED` if the queue is full, the call's error if its signal aborts
   */
  acquire(request: SlotRequest): Promise<Share> {
    const share = this.#shareOf(request.peer)
    return new Promise((resolve, reject) => {
      if (this.#taken < this.#maxConcurrent) {
        if (this.#kept.size > 0 && this.#isKeptForOthers(share)) return reject(this.#shareError(request, share))
        this.#taken += 1
        share.held += 1
        return resolve(share)
      }
      if (this.#waiting >= this.#queue && !this.#makeRoom(share)) {
        if (this.#queue === 0) this.#keep(share)
        this.#forget(share)
        return reject(this.#fullError(request))
      }
      this.#wait(request, share, { resolve, reject })
    })
  }

  /** Gives a place back. It goes to the peer that waits and holds the fewest. */
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
    const known = this.#shares.get(peer)
    if (known !== undefined) return known
    const share = this.#spare?.peer === peer ? this.#spare : new Share(peer)
    this.#spare = undefined
    this.#shares.set(peer, share)
    return share
  }

  #forget(share: Share): void {
    if (share.isIdle && this.#shares.delete(share.peer)) this.#spare = share
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

  /** Runs a change by which one more call of a peer waits. */
  #add<T>(share: Share, change: () => T): T {
    return this.#changeWaiting(share, 1, change)
  }

  /** Runs a change by which one call less of a peer waits. */
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
    // With one call more than the newcomer, the two would take each other's place in turns.
    if (more < 1 || (more === 1 && most.held <= share.held)) return false
    this.#take(most, () => most.pop())?.refuse()
    this.#forget(most)
    return true
  }

  /** Returns the peer that has most calls in the queue; of several the one that holds most. */
  #mostWaiting(): Share | undefined {
    let most: Share | undefined
    let compared = 0
    for (const share of this.#byWaiting.highest) {
      if (most === undefined || share.held > most.held) most = share
      if (++compared === MAX_COMPARED) break
    }
    return most
  }

  /** The places that each peer may hold while all call. */
  get #fairShare(): number {
    return Math.ceil(this.#maxConcurrent / this.#shares.size)
  }

  /** Keeps places for a peer that is refused, unless it has its share. */
  #keep(share: Share): void {
    if (share.held >= this.#fairShare) return
    const now = performance.now()
    if (this.#kept.size === MAX_KEPT && !this.#kept.has(share)) this.#dropKept(now)
    if (this.#kept.size === MAX_KEPT && !this.#kept.has(share)) return
    this.#kept.add(share)
    share.wanted = Math.max(share.wanted, FIRST_KEPT, 2 * share.held)
    share.calledAt = now
  }

  /** Drops those that have not called for a while. */
  #dropKept(now: number): void {
    for (const share of this.#kept) {
      if (now - share.calledAt <= KEEP_MS) continue
      this.#kept.delete(share)
      share.wanted = 0
      this.#forget(share)
    }
  }

  /** Whether the places that are free are kept for other peers. */
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
