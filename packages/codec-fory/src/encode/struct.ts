import { countKeys, isObject, isPlainObject, memberOf } from '@aster/rpc-core/schema'
import type { PayloadMethod } from '../layout/number-format.ts'
import { invalidError, prependSegment, throwMismatch } from '../wire/failure.ts'
import type { Write } from './encoding.ts'
import { throwTooMany } from '../wire/value-counter.ts'

/** Writes a field, with its flag and type info if it has them. */
export interface FieldEncoding {
  readonly name: string
  readonly write: Write
  /** The method of the buffer that does the same as `write`. */
  readonly method: PayloadMethod | undefined
  /** Returns the value that is written if the field is absent. */
  zero(): unknown
}

/** The parts of the writer of a struct. */
export interface StructWriterParts {
  readonly tag: string
  readonly hash: number
  /** The fields in wire order. */
  readonly fields: readonly FieldEncoding[]
}

/** Returns a writer of the hash and the fields of a struct, without its names. */
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
 * In a plain object an unknown key is a mistake; a class instance may have other members.
 *
 * @throws Failure if a plain object has an unknown key
 */
export function assertKnownKeys(value: Record<string, unknown>, known: ReadonlySet<string>, tag: string): void {
  for (const key in value) {
    if (!known.has(key) && isPlainObject(value)) throw prependSegment(invalidError(`no such field in ${tag}`), key)
  }
}
