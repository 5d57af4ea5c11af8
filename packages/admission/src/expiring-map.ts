/** The number of entries from which on expired ones are removed. */
const FIRST_SWEEP = 128

/** A map whose entries expire. It needs no timer: expired entries are removed as the map grows. */
export class ExpiringMap<T> {
  readonly #entries = new Map<string, { readonly value: T; readonly endsAt: number }>()
  readonly #now: () => number
  readonly #maxSize: number
  #sweepAt = FIRST_SWEEP

  /** Above `maxSize` entries, the entry that was set longest ago is dropped. */
  constructor(now: () => number, maxSize = Infinity) {
    this.#now = now
    this.#maxSize = maxSize
  }

  get(key: string): T | undefined {
    const entry = this.#entries.get(key)
    if (entry === undefined) return undefined
    if (entry.endsAt > this.#now()) return entry.value
    this.#entries.delete(key)
    return undefined
  }

  /** Sets an entry that expires at `endsAt`, in milliseconds since the epoch. */
  set(key: string, value: T, endsAt: number): void {
    // The entry is deleted first, so that the map is in the order of the calls.
    this.#entries.delete(key)
    this.#entries.set(key, { value, endsAt })
    if (this.#entries.size >= this.#sweepAt) this.#sweep()
    if (this.#entries.size > this.#maxSize) this.#dropOldest()
  }

  delete(key: string): void {
    this.#entries.delete(key)
  }

  get size(): number {
    return this.#entries.size
  }

  /** Removes expired entries. The next removal is due when the map has doubled, so that the cost for each entry is constant. */
  #sweep(): void {
    const now = this.#now()
    for (const [key, { endsAt }] of this.#entries) if (endsAt <= now) this.#entries.delete(key)
    this.#sweepAt = Math.max(FIRST_SWEEP, 2 * this.#entries.size)
  }

  #dropOldest(): void {
    const [oldest] = this.#entries.keys()
    if (oldest !== undefined) this.#entries.delete(oldest)
  }
}
