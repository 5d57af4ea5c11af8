import { CHANGE_ADVICE, setKey } from '@aster/rpc-core/schema'
import type { PayloadMethod } from '../layout/number-format.ts'
import { prependSegment } from '../wire/failure.ts'
import type { ReadBuffer } from '../wire/read-buffer.ts'
import type { Read } from './decoding.ts'
import { throwTooMany } from '../wire/value-counter.ts'

/** Reads a field, with its flag and type info if it has them. */
export interface FieldDecoding {
  readonly name: string
  readonly read: Read
  /** The method of the buffer that does the same as `read`. */
  readonly method: PayloadMethod | undefined
}

/** The parts of the reader of a struct. */
export interface StructReaderParts {
  readonly tag: string
  readonly hash: number
  /** The fields in wire order. */
  readonly fields: readonly FieldDecoding[]
  /** The names of the fields in the order of their declaration. */
  readonly names: readonly string[]
}

/** Returns a reader of the hash and the fields of a struct, without its names. */
export function structReader({ tag, hash, fields, names }: StructReaderParts): Read {
  const declared = fields.map((field) => names.indexOf(field.name))
  return (input) => {
    if (input.i32() !== hash) throwHashMismatch(input, tag, hash)
    if ((input.fields += fields.length) > input.maxValues) throwTooMany(input)
    const values: unknown[] = []
    let i = 0
    try {
      for (const field of fields) {
        values[declared[i] as number] = field.read(input)
        i++
      }
    } catch (error) {
      throw prependSegment(error, fields[i]?.name ?? '')
    }
    const struct: Record<string, unknown> = {}
    for (let at = 0; at < names.length; at++) setKey(struct, names[at] as string, values[at])
    return struct
  }
}

/** @throws Failure for the hash that was just read, with both hashes */
export function throwHashMismatch(input: ReadBuffer, tag: string, own: number): never {
  input.pos -= 4
  const found = input.i32()
  input.pos -= 4
  const hex = (hash: number): string => (hash >>> 0).toString(16).padStart(8, '0')
  input.throwViolation(
    `the two sides define ${tag} differently: compare the names, types and optional marks of its fields (hash ${hex(found)}, own ${hex(own)})`,
    CHANGE_ADVICE,
  )
}
