import type { Connection } from '@aster/rpc-core'
import { epochNow, runAt, runNeutral, TOO_MANY } from '@aster/rpc-core/protocol'
import { AddressRates } from './address-rates.ts'
import { VisitQueues } from './visit-queues.ts'
import { Visit, type VisitState } from './visit.ts'

const CROWDED = 'too many admissions at once'

/** The time limit of each state of a visit, in milliseconds, while more than half of the places are taken. */
const CROWDED_MS: Partial<Record<VisitState, number>> = { silent: 1_000, asking: 3_000, answering: 3_000 }
/** The interval at which visits are compared with `CROWDED_MS`. */
const TICK_MS = 100
/** The delay of a tick from which on bytes of visits may have arrived in time but are still unread. */
const LATE_MS = 50

export interface VisitLimits {
  /** The time limit of a visit in milliseconds. */
  readonly timeoutMs: number
  /** The most visits at a time. */
  readonly maxVisits: number
  /** The most visits of one peer at a time that wait for their answers. */
  readonly maxVisitsPerPeer: number
  /** Visits from one address per second, and at once, before further ones lose their places first. */
  readonly perSecond: number
  readonly burst: number
}

/**
 * The visits of a desk. If all places are taken, a new visit replaces the least useful one, so that a flood of idle
 * connections keeps no consumer out: each connection lasts as long as it takes to fill all places, and a consumer needs only
 * a few milliseconds. Only visits whose request is complete keep their places.
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
