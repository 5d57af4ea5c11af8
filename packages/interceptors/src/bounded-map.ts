/** A map of at most `max` entries: a new one beyond that takes the place of the one that was used longest ago, if it may go. */
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

  /** The value of a key, made where there is none; `undefined` when no entry may make room for it. */
  use(key: K, make: () => V): V | undefined {
    let value = this.#entries.get(key)
    if (value === undefined) {
      if (this.#entries.size >= this.#max && !this.#makeRoom()) return undefined
      value = make()
    }
    // Moves to the end: entries stand in the order of their last use.
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
