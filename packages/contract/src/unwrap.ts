import { AsterError, type Type } from '@aster/rpc-core'
import { type WireType, wireType } from '@aster/rpc-core/protocol'

/** A type without the `lazy` and `optional` around it. */
export interface Unwrapped {
  readonly type: Exclude<WireType, { kind: 'lazy' | 'optional' }>
  readonly optional: boolean
}

const MAX_WRAPPERS = 100

/** Throws `AsterError` for a lazy type that stands for itself. */
export function unwrap(outer: Type): Unwrapped {
  let type = wireType(outer)
  let optional = false
  for (let i = 0; i < MAX_WRAPPERS; i++) {
    if (type.kind === 'lazy') type = wireType(type.target)
    else if (type.kind === 'optional') {
      optional = true
      type = wireType(type.inner)
    } else return { type, optional }
  }
  throw new AsterError('a lazy type stands for nothing but itself')
}
