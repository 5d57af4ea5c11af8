import { isSet } from '@aster/rpc-core/schema'
import { throwMismatch } from '../wire/failure.ts'
import type { Write } from './encoding.ts'
import { countValues } from '../wire/value-counter.ts'

/** Returns a writer of sets: a set is written like a list, with another type id. */
export function setWriter(list: Write): Write {
  return (out, value) => {
    if (!isSet(value)) throwMismatch('a Set', value)
    countValues(out, value.size)
    list(out, [...value])
  }
}
