import type { Type } from './type.ts'

/** The type of `t.any`. */
export interface AnyType extends Type<unknown> {
  /** The kind of type. */
  readonly kind: 'any'
}

/** A value of no declared type. The codec decides which values it accepts. */
export const any: AnyType = {
  kind: 'any',
  zero: () => undefined,
  check: (value) => value,
}
