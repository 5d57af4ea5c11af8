import type { FloatKind, Type } from './type.ts'

export interface FloatType extends Type<number> {
  readonly kind: FloatKind
}

function float(kind: FloatKind): FloatType {
  return {
    kind,
    zero: () => 0,
    check: (value, checker) => (typeof value === 'number' ? value : checker.mismatch(`a number (${kind})`, value)),
  }
}

/** Rounded to single precision on the wire. */
export const float32 = float('float32')
/** NaN, the infinities and −0 pass unchanged. */
export const float64 = float('float64')
