import type { Visit, VisitState } from './visit.ts'

/**
 * Milliseconds without progress after which a visit is slow. The bytes of a consumer arrive sooner, even if the producer is
 * busy.
 */
const SLOW_MS = 500

type Queues = Readonly<Record<VisitState, Set<Visit>>>

const createQueues = (): Queues => ({
  silent: new Set(),
  asking: new Set(),
  asked: new Set(),
  answering: new Set(),
  answered: new Set(),
})

/** The visits by state. In each state, the visit that has been there for longest comes first. */
export class VisitQueues {
  readonly #within = createQueues()
  /** The visits over the rates of their addresses. */
  readonly #over = createQueues()
  readonly #ofPeer = new Map<string, Set<Visit>>()
  #size = 0

  get size(): number {
    return this.#size
  }

  /** The number of visits that wait for their answers. */
  get waiting(): number {
    return this.#size - this.#within.answered.size - this.#over.answered.size
  }

  /** Adds a visit to the queue of its state. */
  add(visit: Visit): void {
    this.#queueOf(visit).add(visit)
    const ofPeer = this.#ofPeer.get(visit.peer)
    if (ofPeer === undefined) this.#ofPeer.set(visit.peer, new Set([visit]))
    else ofPeer.add(visit)
    this.#size++
  }

  /** Removes a visit. Called before its state changes. */
  remove(visit: Visit): void {
    if (!this.#queueOf(visit).delete(visit)) return
    const ofPeer = this.#ofPeer.get(visit.peer)
    ofPeer?.delete(visit)
    if (ofPeer?.size === 0) this.#ofPeer.delete(visit.peer)
    this.#size--
  }

  ofPeer(peer: string): readonly Visit[] {
    return [...(this.#ofPeer.get(peer) ?? [])]
  }

  all(): readonly Visit[] {
    return [...this.#ofPeer.values()].flatMap((visits) => [...visits])
  }

  get oldestAnswered(): Visit | undefined {
    return first(this.#over.answered) ?? first(this.#within.answered)
  }

  /**
   * Returns the visit that a new one replaces: a slow visit, or else the visit that has been in its state for longest. In both
   * cases visits over the rate of their address come first. A visit whose request is complete and undecided is never returned.
   * For a new visit over its rate, neither is a visit within its rate that is not slow.
   */
  findLeastUseful(now: number, isOverRate: boolean): Visit | undefined {
    const visit = findSlow(this.#over, now) ?? findSlow(this.#within, now) ?? findOldest(this.#over)
    return visit ?? (isOverRate ? undefined : findOldest(this.#within))
  }

  /** Returns the visits that have been in a state since `time` or longer. */
  olderThan(state: VisitState, time: number): readonly Visit[] {
    return [this.#over, this.#within].flatMap((queues) => takeWhile(queues[state], ({ since }) => since <= time))
  }

  #queueOf({ isOverRate, state }: Visit): Set<Visit> {
    return (isOverRate ? this.#over : this.#within)[state]
  }
}

/** Returns a slow visit. A silent one is preferred to one that has begun its request. */
function findSlow({ silent, asking, answering }: Queues, now: number): Visit | undefined {
  return [silent, asking, answering].map(first).find((visit) => visit !== undefined && now - visit.since >= SLOW_MS)
}

function findOldest({ silent, asking, answering }: Queues): Visit | undefined {
  return [silent, asking, answering]
    .map(first)
    .reduce((a, b) => (a === undefined || (b !== undefined && b.since < a.since) ? b : a))
}

function first(visits: ReadonlySet<Visit>): Visit | undefined {
  const [visit] = visits
  return visit
}

function takeWhile(visits: Iterable<Visit>, fits: (visit: Visit) => boolean): readonly Visit[] {
  const taken: Visit[] = []
  for (const visit of visits) {
    if (!fits(visit)) break
    taken.push(visit)
  }
  return taken
}
