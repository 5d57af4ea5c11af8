import { isPlainObject } from '@aster/rpc-core/schema'
import { misfit, mismatch, within } from '../wire/failure.ts'
import type { Write, WriteMethod } from './encoding.ts'

/** A field as it is written: with its flag and type info where it has them. */
export interface FieldWriter {
  readonly name: string
  readonly write: Write
  /** The method of the buffer that does the same. */
  readonly method: WriteMethod | undefined
  /** The value of a field that was left out. */
  zero(): unknown
}

export interface StructShape {
  readonly tag: string
  readonly hash: number
  readonly fields: readonly FieldWriter[]
}

/** Hash and fields, without the names. */
export function structWriter({ tag, hash, fields }: StructShape): Write {
  const known = new Set(fields.map((field) => field.name))
  return (out, value) => {
    if (!isObject(value)) mismatch(`an object (${tag})`, value)
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
      throw within(error, name)
    }
    if (countKeys(value) > found) refuseUnknown(value, known, tag)
  }
}

/** A member of an object or of its class, but not what every object inherits, such as `constructor`. */
function memberOf(object: Record<string, unknown>, name: string): unknown {
  return isInherited(name) && !Object.hasOwn(object, name) ? undefined : object[name]
}

export function isInherited(name: string): boolean {
  return name in Object.prototype
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** How many keys an object shows, its class's included. */
export function countKeys(value: object): number {
  let count = 0
  for (const _ in value) count++
  return count
}

/** In a plain object an unknown key is a slip; a class instance may have members of its own. */
export function refuseUnknown(value: Record<string, unknown>, known: ReadonlySet<string>, tag: string): void {
  for (const key in value) {
    if (!known.has(key) && isPlainObject(value)) {
      try {
        misfit(`no such field in ${tag}`)
      } catch (error) {
        throw within(error, key)
      }
    }
  }
}
