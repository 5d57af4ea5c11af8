import type { Checker } from './checker.ts'

/** What a codec tells types apart by. */
export type Kind =
  | 'string'
  | 'bool'
  | 'bytes'
  | IntegerKind
  | BigintKind
  | FloatKind
  | 'timestamp'
  | 'date'
  | 'any'
  | 'optional'
  | 'default'
  | 'list'
  | 'set'
  | 'record'
  | 'map'
  | 'enum'
  | 'struct'
  | 'lazy'

/** Integers that are a `number`. */
export type IntegerKind = 'int' | 'int8' | 'int16' | 'int32' | 'uint8' | 'uint16' | 'uint32'
/** Integers that are a `bigint`. */
export type BigintKind = 'int64' | 'uint64'
export type FloatKind = 'float32' | 'float64'

/**
 * The type of a value on the wire. `T` is the full value, `I` what a caller may pass for it.
 * Concrete types carry more, by `kind`: see `WireType`.
 */
export interface Type<T = unknown, I = T> {
  readonly kind: Kind
  /** The default of a field that the caller left out. */
  zero(): T
  /** Completes `value` with defaults and checks it; mismatches go to `checker`, and the result is then of no use. */
  check(value: unknown, checker: Checker): T
  /** Never set: carries `I` for `Init`; a method, so that a type that takes more may stand for one that takes less. */
  '~init'?(value: I): void
}

/** The full value of a type. */
export type Infer<X extends Type> = ReturnType<X['zero']>
/** What a caller may pass for a type: missing fields take their defaults. */
export type Init<X extends Type> = Parameters<NonNullable<X['~init']>>[0]
