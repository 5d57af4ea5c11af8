import type { Type } from './type.ts'

/** The type of `t.bool`. */
export interface BoolType extends Type<boolean> {
  /** The kind of type. */
  readonly kind: 'bool'
}

/** A `boolean`. The default is `false`. */
export const bool: BoolType = {
  kind: 'bool',
  zero: () => false,
  check: (value, checker) => (typeof value === 'boolean' ? value : checker.mismatch('a boolean', value)),
}
