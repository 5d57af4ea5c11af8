import type { Connection } from '@aster/rpc-core'
import { Visit } from './visit.ts'

/** The application code with which a connection beyond the limits is closed. */
export const TOO_MANY = 429

export interface VisitLimits {
  /** Milliseconds that a visit may last. */
  readonly timeoutMs: number
  /** Visits at a time. */
  readonly maxVisits: number
  /** Visits of one peer at a time that wait for their answers. */
  readonly maxVisitsPerPeer: number
}

/**
 * The visits of a desk. One that is answered does not count: its place is given away as soon as another visit needs it. A peer
 * at its limit loses its oldest visit on which nothing was received, since the program behind that may have ended without
 * closing its connection.
 */
export class Visits {
  readonly #limits: VisitLimits
  /** The oldest first. */
  readonly #visits = new Set<Visit>()

  constructor(limits: VisitLimits) {
    this.#limits = limits
  }

  /** Begins a visit, or returns why there is no room for it. */
  begin(connection: Connection): Visit | string {
    const { timeoutMs, maxVisits, maxVisitsPerPeer } = this.#limits
    const peer = connection.remoteId
    const ofPeer = this.#find((visit) => visit.peer === peer)
    const waiting = ofPeer.filter(({ state }) => state !== 'answered')
    if (waiting.length >= maxVisitsPerPeer) {
      const silent = waiting.find(({ state }) => state === 'silent')
      const reason = 'too many admissions of one peer at once'
      if (silent === undefined) return reason
      this.#end(silent, reason, TOO_MANY)
    }
    if (this.#visits.size >= maxVisits) {
      const isAnswered = ({ state }: Visit): boolean => state === 'answered'
      // Those of the peer itself before those of others.
      const answered = ofPeer.find(isAnswered) ?? this.#find(isAnswered)[0]
      if (answered === undefined) return 'too many admissions at once'
      this.#end(answered, '')
    }
    const visit = new Visit(connection, timeoutMs)
    this.#visits.add(visit)
    return visit
  }

  /** Ends a visit, if it has not ended already. */
  leave(visit: Visit): void {
    this.#end(visit, '')
  }

  endAll(reason: string): void {
    for (const visit of this.#visits) visit.end(reason)
  }

  #find(fits: (visit: Visit) => boolean): readonly Visit[] {
    return [...this.#visits].filter(fits)
  }

  #end(visit: Visit, reason: string, code?: number): void {
    this.#visits.delete(visit)
    visit.end(reason, code)
  }
}
