import type { NamedType, NameRules } from '../names/type-names.ts'
import type { WrittenType } from '../names/type-info.ts'
import type { ReadBuffer } from '../wire/read-buffer.ts'
import type { WriteBuffer } from '../wire/write-buffer.ts'
import type { LayoutRules } from './struct-layout.ts'

/**
 * The differences between versions of Fory. All else is the same in each version: varints, strings, the packing of names,
 * map chunks, type ids.
 */
export interface Dialect extends LayoutRules, NameRules {
  readonly name: string
  /** The first bytes of a message with a value. */
  readonly valueHeader: Uint8Array
  /** The whole message for null. */
  readonly nullMessage: Uint8Array
  /** Reads the header. Returns `false` for null. */
  readHeader(input: ReadBuffer): boolean
  /** Writes the type that introduces a struct or enum. */
  writeTypeInfo(out: WriteBuffer, type: NamedType): void
  /** Reads the type that introduces a value. */
  readTypeInfo(input: ReadBuffer): WrittenType
  /** Skips the type info of `type` without parsing it. Returns `false`, and reads nothing, if another type is written. */
  skipTypeInfo(input: ReadBuffer, type: NamedType): boolean
  /** Whether structs in a list, set or map have the declared type, or a type that is written before them. */
  readonly structElements: 'declared' | 'written'
  writeDate(out: WriteBuffer, days: number): void
  readDate(input: ReadBuffer): number
}
