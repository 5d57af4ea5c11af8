import type { Checker } from './checker.ts'

/** The kind of a type, by which a codec distinguishes types. */
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

/** The kinds of integers that are a `number`. */
export type IntegerKind = 'int' | 'int8' | 'int16' | 'int32' | 'uint8' | 'uint16' | 'uint32'
/** The kinds of integers that are a `bigint`. */
export type BigintKind = 'int64' | 'uint64'
/** The kinds of floating-point numbers. */
export type FloatKind = 'float32' | 'float64'

/**
 * The type of a value on the wire. `T` is the type of a complete value, `I` of a value that a caller may pass. Concrete
 * types have more members, depending on `kind`: see `WireType`.
 */
export interface Type<T = unknown, I = T> {
  /** The kind of type. */
  readonly kind: Kind
  /** Returns the default of a field that the caller omitted. */
  zero(): T
  /**
   * Completes `value` with defaults and checks it. Adds mismatches to `checker`; the result is meaningless if there are
   * any.
   */
  check(value: unknown, checker: Checker): T
  /**
   * Never set. It carries `I` for `Init`, as a method, so that a type that accepts more is assignable to one that accepts
   * less.
   */
  '~init'?(value: I): void
}

/** The type of a complete value. */
export type Infer<X extends Type> = ReturnType<X['zero']>
/** The type of a value that a caller may pass: missing fields take their defaults. */
export type Init<X extends Type> = Parameters<NonNullable<X['~init']>>[0]
