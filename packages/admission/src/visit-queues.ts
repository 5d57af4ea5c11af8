import type { Visit, VisitState } from './visit.ts'

/** Milliseconds after which a visit that has not gone on is slow: what a consumer sends is here sooner, even to a busy producer. */
const SLOW_MS = 500

type Queues = Readonly<Record<VisitState, Set<Visit>>>

const createQueues = (): Queues => ({
  silent: new Set(),
  asking: new Set(),
  asked: new Set(),
  answering: new Set(),
  answered: new Set(),
})

/** Visits by their states. In each, the one that has been there for longest comes first. */
export class VisitQueues {
  readonly #within = createQueues()
  /** Those over the rates of their addresses. */
  readonly #over = createQueues()
  readonly #ofPeer = new Map<string, Set<Visit>>()
  #size = 0

  get size(): number {
    return this.#size
  }

  /** How many wait for their answers. */
  get waiting(): number {
    return this.#size - this.#within.answered.size - this.#over.answered.size
  }

  /** Adds a visit by its state. */
  add(visit: Visit): void {
    this.#queueOf(visit).add(visit)
    const ofPeer = this.#ofPeer.get(visit.peer)
    if (ofPeer === undefined) this.#ofPeer.set(visit.peer, new Set([visit]))
    else ofPeer.add(visit)
    this.#size++
  }

  /** Removes a visit, before its state changes. */
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
   * Returns the visit whose place a newcomer takes: one that is slow, or else the oldest, so that every visit has the same
   * time; each time one over the rate of its address before others. A visit that has asked keeps its place, and one that is
   * not slow keeps it from a newcomer over its rate.
   */
  findLeastUseful(now: number, isOverRate: boolean): Visit | undefined {
    const visit = findSlow(this.#over, now) ?? findSlow(this.#within, now) ?? findOldest(this.#over)
    return visit ?? (isOverRate ? undefined : findOldest(this.#within))
  }

  /** Returns the visits that have been in a state since `time` or before. */
  olderThan(state: VisitState, time: number): readonly Visit[] {
    return [this.#over, this.#within].flatMap((queues) => takeWhile(queues[state], ({ since }) => since <= time))
  }

  #queueOf({ isOverRate, state }: Visit): Set<Visit> {
    return (isOverRate ? this.#over : this.#within)[state]
  }
}

/** Returns a silent visit rather than one that has begun to ask. */
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
