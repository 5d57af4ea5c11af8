import { t, type Type } from '@aster/rpc-core'
import { slotOf } from '../slot.ts'
import { Typed } from '../typed.ts'
import { isNull } from './encoding.ts'

/**
 * A checked value of a declared type as one that needs no declaration. Python forgets the declaration of everything that is not
 * within a struct: a list on its own is written like one within a `t.any`, whatever its type here.
 */
export function toDynamic(type: Type, value: unknown): unknown {
  if (isNull(value)) return null
  const { type: bare } = slotOf(type)
  switch (bare.kind) {
    case 'struct':
    case 'enum':
    case 'date':
      return new Typed(bare, value)
    case 'float64':
      return new Typed(t.float64, value)
    case 'float32':
      return new Typed(t.float64, Math.fround(value as number))
    case 'list':
      return Array.from(value as unknown[], (item) => toDynamic(bare.element, item))
    case 'set':
      return new Set(Array.from(value as Set<unknown>, (item) => toDynamic(bare.element, item)))
    case 'map':
      return new Map(
        Array.from(value as Map<unknown, unknown>, ([k, v]) => [toDynamic(bare.key, k), toDynamic(bare.value, v)]),
      )
    case 'record':
      return new Map(Object.entries(value).map(([k, v]) => [k, toDynamic(bare.value, v)]))
    case 'any':
      return value
    default:
      // −0 is no integer on its own, but one here.
      return typeof value === 'number' ? value + 0 : value
  }
}
