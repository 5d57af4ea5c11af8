import { StatusCode } from '@aster/rpc-core'
import { Failure } from './failure.ts'

/** The most values of one message, and apart from them the most fields of structs. */
export const MAX_VALUES = 1_000_000

/**
 * Counts what a message is made of before it is made: an empty list or map is a byte on the wire, and some 200 in memory.
 *
 * The methods throw a `Failure` past the limit.
 */
export class ValueCounter {
  readonly #max: number
  #values = 0
  #fields = 0

  constructor(max: number) {
    this.#max = max
  }

  /** Begins a message. */
  start(): void {
    this.#values = 0
    this.#fields = 0
  }

  /** Counts elements of a list, or keys and values of a map; those of a set count twice. */
  addValues(count: number): void {
    this.#values += count
    if (this.#values > this.#max) this.#throwTooMany()
  }

  /** Counts the fields of a struct. */
  addFields(count: number): void {
    this.#fields += count
    if (this.#fields > this.#max) this.#throwTooMany()
  }

  #throwTooMany(): never {
    throw new Failure(
      StatusCode.RESOURCE_EXHAUSTED,
      `a message with too many values: at most ${this.#max} are allowed (maxValues)`,
    )
  }
}
