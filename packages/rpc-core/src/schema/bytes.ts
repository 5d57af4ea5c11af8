import { isBytes } from '../values/guards.ts'
import type { Type } from './type.ts'

/** The type of `t.bytes`. */
export interface BytesType extends Type<Uint8Array> {
  /** The kind of type. */
  readonly kind: 'bytes'
}

/** A `Uint8Array`. The default is empty. */
export const bytes: BytesType = {
  kind: 'bytes',
  zero: () => new Uint8Array(0),
  check: (value, checker) => (isBytes(value) ? value : checker.mismatch('a Uint8Array', value)),
}
