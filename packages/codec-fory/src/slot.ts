import type { Type } from '@aster/rpc-core'
import { type WireType, wireType } from '@aster/rpc-core/schema'
import { unsupported } from './wire/failure.ts'

/** A type without its wrappings. */
export type BareType = Exclude<WireType, { kind: 'optional' | 'lazy' }>

/** A place for a value: `t.optional` is not a type on the wire, only a place that may be empty. */
export interface Slot {
  readonly type: BareType
  readonly nullable: boolean
}

const MAX_WRAPPINGS = 100

/** Takes `t.optional` and `t.lazy` off. An optional of an optional is one optional, as in Python and TypeScript. */
export function slotOf(type: Type): Slot {
  let nullable = false
  let inner = wireType(type)
  for (let i = 0; i < MAX_WRAPPINGS; i++) {
    if (inner.kind === 'optional') {
      nullable = true
      inner = wireType(inner.inner)
    } else if (inner.kind === 'lazy') {
      inner = wireType(inner.target)
    } else {
      return { type: inner, nullable }
    }
  }
  return unsupported('t.lazy: stands for nothing but itself')
}
