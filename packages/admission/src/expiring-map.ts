/** Below this many entries nothing is swept. */
const FIRST_SWEEP = 128

/** A map whose entries end by themselves. No timer: what has ended is swept as the map grows. */
export class ExpiringMap<T> {
  readonly #entries = new Map<string, { readonly value: T; readonly endsAt: number }>()
  readonly #now: () => number
  readonly #maxSize: number
  #sweepAt = FIRST_SWEEP

  /** Past `maxSize` entries the one that was set longest ago is dropped. */
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

  /** `endsAt`: milliseconds since the epoch. */
  set(key: string, value: T, endsAt: number): void {
    // Deleted first, so that the order of the map is that of the calls.
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

  /** Waits until as many again have come, so that sweeping costs each entry a constant share. */
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
