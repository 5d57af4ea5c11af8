import { AsterError } from '../aster-error.ts'
import type { Type } from './type.ts'
import { type WireType, wireType } from './wire-type.ts'

/** Any kind of type but the wrappers `t.optional`, `t.withDefault` and `t.lazy`. */
export type BareType = Exclude<WireType, { kind: 'lazy' | 'optional' | 'default' }>

/** A type without the wrappers around it. */
export interface Unwrapped {
  readonly type: BareType
  /** Whether one of the wrappers was `t.optional`. */
  readonly optional: boolean
}

/** More wrappers than any definition has: a lazy type that stands for itself has no end of them. */
const MAX_WRAPPERS = 100

/**
 * Takes `t.optional`, `t.withDefault` and `t.lazy` off. An optional of an optional is one optional.
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
