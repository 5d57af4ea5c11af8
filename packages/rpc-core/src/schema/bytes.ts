import { isBytes } from '../values/guards.ts'
import type { Type } from './type.ts'

export interface BytesType extends Type<Uint8Array> {
  readonly kind: 'bytes'
}

export const bytes: BytesType = {
  kind: 'bytes',
  zero: () => new Uint8Array(0),
  check: (value, checker) => (isBytes(value) ? value : checker.mismatch('a Uint8Array', value)),
}
