import type { Written } from '../decode/decoding.ts'
import type { NameEncoding, NameRole } from '../names/meta-string.ts'
import type { Reader } from '../wire/read-buffer.ts'
import type { LayoutRules } from './struct-layout.ts'
import type { NamedType } from '../names/type-names.ts'
import type { WriteBuffer } from '../wire/write-buffer.ts'

/**
 * All that differs between versions of Fory. What is not here is common to them: varints, strings, the packing of names,
 * map chunks, type ids.
 */
export interface Dialect extends LayoutRules {
  readonly name: string
  /** What a message begins with when a value follows. */
  readonly valueHeader: Uint8Array
  /** The whole message for null. */
  readonly nullMessage: Uint8Array
  /** Reads the header; false for null. */
  readHeader(input: Reader): boolean
  /** Says which names count as the same within a message: equal keys are written once, then referred to. */
  nameKey(tag: string, role: NameRole, text: string, encoding: NameEncoding): string
  /** What introduces a struct or enum. */
  writeTypeInfo(out: WriteBuffer, type: NamedType): void
  /** What introduces any value. */
  readTypeInfo(input: Reader): Written
  /** Reads what introduces `type`, without taking it apart; false, and nothing read, if it is another. */
  skipTypeInfo(input: Reader, type: NamedType): boolean
  /** Whether structs in a list, set or map have the declared type, or one that is written before them. */
  readonly structElements: 'declared' | 'written'
  writeDate(out: WriteBuffer, days: number): void
  readDate(input: Reader): number
}
