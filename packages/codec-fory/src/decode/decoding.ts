import { CHANGE_ADVICE } from '@aster/rpc-core/schema'
import type { Dialect } from '../layout/dialect.ts'
import type { PayloadMethod } from '../layout/number-format.ts'
import { isNullType, type WrittenType, writtenTypeName } from '../names/type-info.ts'
import type { ReadBuffer } from '../wire/read-buffer.ts'

export type Read = (input: ReadBuffer) => unknown

/** How the values of a type are read. */
export interface Decoding {
  /** What errors call the type. */
  readonly expected: string
  /** Reads the payload alone, for places where the type is declared. */
  readonly read: Read
  /** The method of `ReadBuffer` that does the same, for generated code to call directly. */
  readonly method?: PayloadMethod | undefined
  /** Returns how the payload of a written type is read. @throws Failure if its values are not values of this type */
  readonly readerFor: (input: ReadBuffer, written: WrittenType) => Read
}

/** How an element, key or value of a container is read. */
export interface ElementDecoding extends Decoding {
  /** Returns what stands for null, or throws. */
  readonly readNull: Read
  /** Reads the type before a value, and returns how the value is read. */
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

/** Returns a `readerFor` for types that only their own id stands for. */
export function readerForId(id: number, expected: string, read: Read): Decoding['readerFor'] {
  return (input, written) => (written.id === id ? read : throwTypeMismatch(input, expected, written))
}

/** @throws Failure for a type of the peer that is not the one expected */
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

/** Counts the levels of a value that can contain others of its type. */
export function limitDepth(read: Read): Read {
  return (input) => {
    input.enter()
    const value = read(input)
    input.leave()
    return value
  }
}
