import type { Connection } from '@aster/rpc-core'
import { epochNow, runAt, runNeutral, TOO_MANY } from '@aster/rpc-core/protocol'
import { AddressRates } from './address-rates.ts'
import { VisitQueues } from './visit-queues.ts'
import { Visit, type VisitState } from './visit.ts'

const CROWDED = 'too many admissions at once'

/** The time limit of each state of a visit, in milliseconds, while waiting visits take more than half of the places. */
const CROWDED_MS: Partial<Record<VisitState, number>> = { silent: 1_000, asking: 3_000, answering: 3_000 }
/** The interval at which visits are compared with `CROWDED_MS`. */
const TICK_MS = 100
/** If a tick is late by this time or more, bytes may have arrived in time that are still unread, so no visit is ended. */
const LATE_MS = 50

export interface VisitLimits {
  /** The time limit of a visit in milliseconds. */
  readonly timeoutMs: number
  /** The largest number of visits at a time. */
  readonly maxVisits: number
  /** The largest number of visits of one peer that wait for their answers at a time. */
  readonly maxVisitsPerPeer: number
  /** The rate of visits from one address, per second and at once. Visits over the rate are the first to lose their places. */
  readonly perSecond: number
  readonly burst: number
}

/**
 * The visits of a desk. If all places are taken, a new visit replaces the least useful one, so that a flood of idle
 * connections keeps no consumer out: a visit is safe until new visits have filled all places, and a consumer needs only a few
 * milliseconds. A visit whose request is complete and undecided is not replaced.
 *
 * If a peer is at its own limit, it loses its oldest visit on which nothing was received, since the program behind that visit
 * may have ended without closing its connection.
 */
export class Visits {
  readonly #limits: VisitLimits
  readonly #rates: AddressRates
  readonly #queues = new VisitQueues()
  #stopWatching: (() => void) | undefined
  #refused = 0
  #overRate = 0

  constructor(limits: VisitLimits) {
    this.#limits = limits
    this.#rates = new AddressRates(limits.perSecond, limits.burst)
  }

  get counts(): { open: number; waiting: number; refused: number; overRate: number } {
    const { size: open, waiting } = this.#queues
    return { open, waiting, refused: this.#refused, overRate: this.#overRate }
  }

  /** Begins and returns a visit, or returns the reason if there is no room for one. */
  begin(connection: Connection): Visit | string {
    const { timeoutMs, maxVisits, maxVisitsPerPeer } = this.#limits
    const isOverRate = this.#rates.isOver(connection)
    if (isOverRate) this.#overRate++
    const ofPeer = this.#queues.ofPeer(connection.remoteId)
    const waiting = ofPeer.filter(({ state }) => state !== 'answered')
    if (waiting.length >= maxVisitsPerPeer) {
      const silent = waiting.find(({ state }) => state === 'silent')
      const reason = 'too many admissions of one peer at once'
      if (silent === undefined) return this.#refuse(reason)
      this.#evict(silent, reason)
    }
    if (this.#queues.size >= maxVisits) {
      // Visits of the peer itself are replaced before those of others.
      const answered = ofPeer.find(({ state }) => state === 'answered') ?? this.#queues.oldestAnswered
      const victim = answered ?? this.#queues.findLeastUseful(epochNow(), isOverRate)
      if (victim === undefined) return this.#refuse(CROWDED)
      if (victim === answered) victim.end('')
      else this.#evict(victim, CROWDED)
    }
    const onEnter = (visit: Visit): void => this.#queues.add(visit)
    const onLeave = (visit: Visit): void => this.#remove(visit)
    const visit = new Visit(connection, { timeoutMs, isOverRate, onEnter, onLeave })
    if (this.#isCrowded && this.#stopWatching === undefined) runNeutral(() => this.#watch())
    return visit
  }

  endAll(reason: string): void {
    for (const visit of this.#queues.all()) visit.end(reason)
  }

  get #isCrowded(): boolean {
    return this.#queues.waiting > this.#limits.maxVisits / 2
  }

  #remove(visit: Visit): void {
    this.#queues.remove(visit)
    if (this.#queues.size > 0) return
    this.#stopWatching?.()
    this.#stopWatching = undefined
  }

  #refuse(reason: string): string {
    this.#refused++
    return reason
  }

  #evict(visit: Visit, reason: string): void {
    this.#refused++
    visit.end(reason, TOO_MANY)
  }

  /** Ends slow visits while the desk is crowded. */
  #watch(): void {
    const dueAt = epochNow() + TICK_MS
    const tick = (): void => {
      this.#stopWatching = undefined
      if (!this.#isCrowded) return
      this.#watch()
      if (epochNow() - dueAt < LATE_MS) this.#endSlow()
    }
    this.#stopWatching = runAt(dueAt, tick, { unref: true })
  }

  #endSlow(): void {
    for (const [state, ms] of Object.entries(CROWDED_MS) as [VisitState, number][]) {
      const reason = `${CROWDED}, and this one was ${state} for more than ${ms} ms`
      for (const visit of this.#queues.olderThan(state, epochNow() - ms)) this.#evict(visit, reason)
    }
  }
}
