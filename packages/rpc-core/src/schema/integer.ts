import type { BigintKind, IntegerKind, Type } from './type.ts'

export interface IntegerType extends Type<number> {
  readonly kind: IntegerKind
  readonly min: number
  readonly max: number
}

export interface BigintType extends Type<bigint> {
  readonly kind: BigintKind
  readonly min: bigint
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

/** 64 bits on the wire, a `number` here; outside ±(2^53 − 1) is an error on both sides, never a rounded value. */
export const int = integer('int', Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER)
/** The same on the wire as `int`, a `bigint` here. */
export const int64 = bigint('int64', -(2n ** 63n), 2n ** 63n - 1n)
export const int8 = integer('int8', -(2 ** 7), 2 ** 7 - 1)
export const int16 = integer('int16', -(2 ** 15), 2 ** 15 - 1)
export const int32 = integer('int32', -(2 ** 31), 2 ** 31 - 1)
export const uint8 = integer('uint8', 0, 2 ** 8 - 1)
export const uint16 = integer('uint16', 0, 2 ** 16 - 1)
export const uint32 = integer('uint32', 0, 2 ** 32 - 1)
export const uint64 = bigint('uint64', 0n, 2n ** 64n - 1n)

/** Complete: a new kind does not compile until it stands here. */
const integers: Readonly<Record<IntegerKind, IntegerType>> = { int, int8, int16, int32, uint8, uint16, uint32 }

/** Returns whether a type is one of the integers that are a `number`. */
export function isIntegerType(type: Type): type is IntegerType {
  return Object.hasOwn(integers, type.kind)
}
