import type { FloatKind, Type } from './type.ts'

/** The type of `t.float32` and `t.float64`. */
export interface FloatType extends Type<number> {
  /** The kind of type. */
  readonly kind: FloatKind
}

function float(kind: FloatKind): FloatType {
  return {
    kind,
    zero: () => 0,
    check: (value, checker) => (typeof value === 'number' ? value : checker.mismatch(`a number (${kind})`, value)),
  }
}

/** A `number` that is rounded to single precision on the wire. The default is 0. */
export const float32 = float('float32')
/** A `number` in double precision. NaN, the infinities and −0 pass unchanged. The default is 0. */
export const float64 = float('float64')
