import { StatusCode } from '@aster/rpc-core'
import { Failure } from './failure.ts'

/** The most values of one message by default, and, counted separately, the most fields of structs. */
export const MAX_VALUES = 1_000_000

/**
 * The counts of a message that is read or written. They are members of the buffers, since structs are counted one by one,
 * and another object would cost some percent of a small message.
 */
export interface Counts {
  /** Elements of lists, keys and values of maps, and elements of sets twice. */
  values: number
  /** Fields of structs. */
  fields: number
  /** The limit for each count. */
  readonly maxValues: number
}

/**
 * Counts values before they are created, since an empty list or map has one byte on the wire, but some 200 in memory.
 *
 * @throws Failure if the count exceeds the limit
 */
export function countValues(counts: Counts, count: number): void {
  if ((counts.values += count) > counts.maxValues) throwTooMany(counts)
}

/** @throws Failure with code `RESOURCE_EXHAUSTED` */
export function throwTooMany({ maxValues }: Counts): never {
  throw new Failure(
    StatusCode.RESOURCE_EXHAUSTED,
    `a message with too many values: at most ${maxValues} are allowed (maxValues)`,
  )
}
