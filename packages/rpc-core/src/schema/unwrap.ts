import { AsterError } from '../aster-error.ts'
import type { Type } from './type.ts'
import { type WireType, wireType } from './wire-type.ts'

/** Every kind of type except the wrappers `t.optional`, `t.withDefault` and `t.lazy`. */
export type BareType = Exclude<WireType, { kind: 'lazy' | 'optional' | 'default' }>

/** A type without its wrappers. */
export interface Unwrapped {
  /** The type within the wrappers. */
  readonly type: BareType
  /** Whether one of the wrappers was `t.optional`. */
  readonly optional: boolean
}

/** More nested wrappers than any definition has. A lazy type that stands for itself would nest without end. */
const MAX_WRAPPERS = 100

/**
 * Removes the wrappers `t.optional`, `t.withDefault` and `t.lazy` from a type, however many there are.
 *
 * @throws AsterError if a lazy type stands for itself
 */
export function unwrap(outer: Type): Unwrapped {
  let type = wireType(outer)
  let optional = false
  for (let i = 0; i < MAX_WRAPPERS; i++) {
    if (type.kind === 'lazy') type = wireType(type.target)
    else if (type.kind === 'default') type = wireType(type.inner)
    else if (type.kind === 'optional') {
      optional = true
      type = wireType(type.inner)
    } else return { type, optional }
  }
  throw new AsterError('t.lazy: stands for nothing but itself')
}
