import type { Type } from './type.ts'

export interface AnyType extends Type<unknown> {
  readonly kind: 'any'
}

/** A value of no declared type. Which values pass is up to the codec. */
export const any: AnyType = {
  kind: 'any',
  zero: () => undefined,
  check: (value) => value,
}
