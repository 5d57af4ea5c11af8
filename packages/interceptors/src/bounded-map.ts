/** A map of at most `max` entries. If it is full, a new entry replaces the one that was used longest ago and may be dropped. */
export class BoundedMap<K, V> {
  readonly #max: number
  readonly #mayGo: (value: V) => boolean
  /** In the order of their last use. */
  readonly #entries = new Map<K, V>()
  /** The key that was used last. */
  #last: K | undefined

  constructor(max: number, mayGo: (value: V) => boolean = () => true) {
    this.#max = max
    this.#mayGo = mayGo
  }

  get size(): number {
    return this.#entries.size
  }

  /** Returns the value of a key, or a new one of `make`. Returns `undefined` if the map is full and no entry may be dropped. */
  use(key: K, make: () => V): V | undefined {
    let value = this.#entries.get(key)
    if (value !== undefined && key === this.#last) return value
    if (value === undefined) {
      if (this.#entries.size >= this.#max && !this.#makeRoom()) return undefined
      value = make()
    }
    // Moves the entry to the end.
    this.#entries.delete(key)
    this.#entries.set(key, value)
    this.#last = key
    return value
  }

  #makeRoom(): boolean {
    for (const [key, value] of this.#entries) {
      if (this.#mayGo(value)) return this.#entries.delete(key)
    }
    return false
  }
}
