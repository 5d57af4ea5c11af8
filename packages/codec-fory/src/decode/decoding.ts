import { CHANGE_ADVICE } from '@aster/rpc-core/schema'
import type { Dialect } from '../layout/dialect.ts'
import type { PayloadMethod } from '../layout/number-format.ts'
import { isNullType, type WrittenType, writtenTypeName } from '../names/type-info.ts'
import type { ReadBuffer } from '../wire/read-buffer.ts'

export type Read = (input: ReadBuffer) => unknown

/** Reads the values of one type. */
export interface Decoding {
  /** The name of the type in errors. */
  readonly expected: string
  /** Reads the payload alone, if the type is declared. */
  readonly read: Read
  /** The method of `ReadBuffer` that does the same as `read`, which generated code calls directly. */
  readonly method?: PayloadMethod | undefined
  /**
   * Returns the reader for the payload of a written type.
   *
   * @throws Failure if values of the written type are not values of this type
   */
  readonly readerFor: (input: ReadBuffer, written: WrittenType) => Read
}

/** Reads an element, key or value of a container. */
export interface ElementDecoding extends Decoding {
  /**
   * Returns the value that stands for null.
   *
   * @throws Failure if null is not a value of the type
   */
  readonly readNull: Read
  /** Reads the type before a value, and returns the reader of the value. */
  readonly readType: (input: ReadBuffer) => Read
}

export function elementDecoding(decoding: Decoding, readNull: Read, dialect: Dialect): ElementDecoding {
  return {
    ...decoding,
    readNull,
    readType(input) {
      const written = dialect.readTypeInfo(input)
      return isNullType(written) ? readNull : decoding.readerFor(input, written)
    },
  }
}

/** Returns a `readerFor` that accepts only one type id. */
export function readerForId(id: number, expected: string, read: Read): Decoding['readerFor'] {
  return (input, written) => (written.id === id ? read : throwTypeMismatch(input, expected, written))
}

/** @throws Failure if the peer wrote another type than the expected one */
export function throwTypeMismatch(input: ReadBuffer, expected: string, written: WrittenType): never {
  input.throwViolation(
    `expected ${expected}, found ${writtenTypeName(written)}: the two sides define this differently`,
    CHANGE_ADVICE,
  )
}

/** Returns a `readNull` that throws. */
export function nullThrower(expected: string): (input: ReadBuffer) => never {
  return (input) => input.throwViolation(`expected ${expected}, found null`)
}

/** Counts the levels of nesting for a reader of a type that can contain itself. */
export function limitDepth(read: Read): Read {
  return (input) => {
    input.enter()
    const value = read(input)
    input.leave()
    return value
  }
}
