import { setKey } from '@aster/rpc-core/schema'
import { within } from '../wire/failure.ts'
import type { Reader } from '../wire/read-buffer.ts'
import type { Read, ReadMethod } from './decoding.ts'

/** A field as it is read: with its flag and type info where it has them. */
export interface FieldReader {
  readonly name: string
  readonly read: Read
  /** The method of the reader that does the same. */
  readonly method: ReadMethod | undefined
}

export interface StructShape {
  readonly tag: string
  readonly hash: number
  /** In wire order. */
  readonly fields: readonly FieldReader[]
  /** In the order of declaration. */
  readonly names: readonly string[]
}

/** Hash and fields, without the names. */
export function structReader({ tag, hash, fields, names }: StructShape): Read {
  const places = fields.map((field) => names.indexOf(field.name))
  return (input) => {
    if (input.i32() !== hash) refuseHash(input, tag, hash)
    const values: unknown[] = []
    let i = 0
    try {
      for (const field of fields) {
        values[places[i] as number] = field.read(input)
        i++
      }
    } catch (error) {
      throw within(error, fields[i]?.name ?? '')
    }
    const struct: Record<string, unknown> = {}
    for (let at = 0; at < names.length; at++) setKey(struct, names[at] as string, values[at])
    return struct
  }
}

/** The hash just read is not ours. */
export function refuseHash(input: Reader, tag: string, own: number): never {
  input.pos -= 4
  const found = input.i32()
  input.pos -= 4
  const hex = (hash: number): string => (hash >>> 0).toString(16).padStart(8, '0')
  return input.violation(
    `the two sides define ${tag} differently: compare the names, types and optional marks of its fields (hash ${hex(found)}, own ${hex(own)})`,
  )
}
