import type { BigintKind, IntegerKind, Type } from './type.ts'

/** The type of an integer that is a `number`. */
export interface IntegerType extends Type<number> {
  /** The kind of type. */
  readonly kind: IntegerKind
  /** The smallest value. */
  readonly min: number
  /** The largest value. */
  readonly max: number
}

/** The type of an integer that is a `bigint`. */
export interface BigintType extends Type<bigint> {
  /** The kind of type. */
  readonly kind: BigintKind
  /** The smallest value. */
  readonly min: bigint
  /** The largest value. */
  readonly max: bigint
}

function integer(kind: IntegerKind, min: number, max: number): IntegerType {
  return {
    kind,
    min,
    max,
    zero: () => 0,
    check(value, checker) {
      if (typeof value !== 'number' || !Number.isInteger(value)) return checker.mismatch(`an integer (${kind})`, value)
      if (value >= min && value <= max) return value
      const hint = kind === 'int' ? '; use t.int64 for the whole 64-bit range' : ''
      return checker.fail(`expected an integer from ${min} to ${max} (${kind}), found ${value}${hint}`)
    },
  }
}

function bigint(kind: BigintKind, min: bigint, max: bigint): BigintType {
  return {
    kind,
    min,
    max,
    zero: () => 0n,
    check(value, checker) {
      if (typeof value !== 'bigint') return checker.mismatch(`a bigint (${kind})`, value)
      return value >= min && value <= max ? value : checker.fail(`expected a bigint from ${min} to ${max} (${kind})`)
    },
  }
}

/** A `number` with 64 bits on the wire. A value outside ±(2^53 − 1) is an error on both sides, and is never rounded. */
export const int = integer('int', Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER)
/** A `bigint` of 64 bits, the same on the wire as `int`. */
export const int64 = bigint('int64', -(2n ** 63n), 2n ** 63n - 1n)
/** A `number` from −128 to 127. */
export const int8 = integer('int8', -(2 ** 7), 2 ** 7 - 1)
/** A `number` from −32,768 to 32,767. */
export const int16 = integer('int16', -(2 ** 15), 2 ** 15 - 1)
/** A `number` from −2^31 to 2^31 − 1. */
export const int32 = integer('int32', -(2 ** 31), 2 ** 31 - 1)
/** A `number` from 0 to 255. */
export const uint8 = integer('uint8', 0, 2 ** 8 - 1)
/** A `number` from 0 to 65,535. */
export const uint16 = integer('uint16', 0, 2 ** 16 - 1)
/** A `number` from 0 to 2^32 − 1. */
export const uint32 = integer('uint32', 0, 2 ** 32 - 1)
/** A `bigint` from 0 to 2^64 − 1. */
export const uint64 = bigint('uint64', 0n, 2n ** 64n - 1n)

/** Every integer kind: a new kind does not compile until it is added here. */
const integers: Readonly<Record<IntegerKind, IntegerType>> = { int, int8, int16, int32, uint8, uint16, uint32 }

/** Returns whether a type is an integer that is a `number`. */
export function isIntegerType(type: Type): type is IntegerType {
  return Object.hasOwn(integers, type.kind)
}
