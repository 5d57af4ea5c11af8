/** A map of at most `max` entries. If it is full, a new entry replaces the one that was used longest ago and may be dropped. */
export class BoundedMap<K, V> {
  readonly #max: number
  readonly #mayGo: (value: V) => boolean
  readonly #entries = new Map<K, V>()

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
    if (value === undefined) {
      if (this.#entries.size >= this.#max && !this.#makeRoom()) return undefined
      value = make()
    }
    // Moves the entry to the end: entries stand in the order of their last use.
    this.#entries.delete(key)
    this.#entries.set(key, value)
    return value
  }

  #makeRoom(): boolean {
    for (const [key, value] of this.#entries) {
      if (this.#mayGo(value)) return this.#entries.delete(key)
    }
    return false
  }
}
