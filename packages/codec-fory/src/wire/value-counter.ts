import { StatusCode } from '@aster/rpc-core'
import { Failure } from './failure.ts'

/** The most values of one message, and apart from them the most fields of structs. */
export const MAX_VALUES = 1_000_000

/**
 * The counts of a message that is read or written. They are members of the buffers, since structs are counted one by one and
 * another object would cost some percent of a small message.
 */
export interface Counts {
  /** Elements of lists, keys and values of maps, and elements of sets twice. */
  values: number
  /** Fields of structs. */
  fields: number
  /** The most of each. */
  readonly maxValues: number
}

/**
 * Counts values before they are made: an empty list or map is a byte on the wire, and some 200 in memory.
 *
 * @throws Failure past the limit
 */
export function countValues(counts: Counts, count: number): void {
  if ((counts.values += count) > counts.maxValues) throwTooMany(counts)
}

/** @throws Failure for a message over its limit */
export function throwTooMany({ maxValues }: Counts): never {
  throw new Failure(
    StatusCode.RESOURCE_EXHAUSTED,
    `a message with too many values: at most ${maxValues} are allowed (maxValues)`,
  )
}
