import { countKeys, isObject, isPlainObject, memberOf } from '@aster/rpc-core/schema'
import type { PayloadMethod } from '../layout/number-format.ts'
import { invalidError, prependSegment, throwMismatch } from '../wire/failure.ts'
import type { Write } from './encoding.ts'
import { throwTooMany } from '../wire/value-counter.ts'

/** How a field is written: with its flag and type info if it has them. */
export interface FieldEncoding {
  readonly name: string
  readonly write: Write
  /** The method of the buffer that does the same. */
  readonly method: PayloadMethod | undefined
  /** Returns the value of a field that was left out. */
  zero(): unknown
}

/** What a struct's writer is made of. */
export interface StructWriterParts {
  readonly tag: string
  readonly hash: number
  /** In wire order. */
  readonly fields: readonly FieldEncoding[]
}

/** Writes hash and fields, without the names. */
export function structWriter({ tag, hash, fields }: StructWriterParts): Write {
  const known = new Set(fields.map((field) => field.name))
  return (out, value) => {
    if (!isObject(value)) throwMismatch(`an object (${tag})`, value)
    if ((out.fields += fields.length) > out.maxValues) throwTooMany(out)
    out.u32(hash)
    let name = ''
    let found = 0
    try {
      for (const field of fields) {
        name = field.name
        const given = memberOf(value, name)
        if (given !== undefined) found++
        field.write(out, given === undefined ? field.zero() : given)
      }
    } catch (error) {
      throw prependSegment(error, name)
    }
    if (countKeys(value) > found) assertKnownKeys(value, known, tag)
  }
}

/**
 * In a plain object an unknown key is a slip; a class instance may have members of its own.
 *
 * @throws Failure for a plain object with an unknown key
 */
export function assertKnownKeys(value: Record<string, unknown>, known: ReadonlySet<string>, tag: string): void {
  for (const key in value) {
    if (!known.has(key) && isPlainObject(value)) throw prependSegment(invalidError(`no such field in ${tag}`), key)
  }
}
