import type { Type } from './type.ts'

export interface BoolType extends Type<boolean> {
  readonly kind: 'bool'
}

export const bool: BoolType = {
  kind: 'bool',
  zero: () => false,
  check: (value, checker) => (typeof value === 'boolean' ? value : checker.mismatch('a boolean', value)),
}
