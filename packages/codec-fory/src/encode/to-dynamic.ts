import { t, type Type } from '@aster/rpc-core'
import { unwrap } from '@aster/rpc-core/schema'
import { isNumberType, type NumberType } from '../layout/number-format.ts'
import { Typed } from '../typed.ts'
import { isNull } from './encoding.ts'

/**
 * Converts a checked value of a declared type to one that is written without its declared type: if a whole message is a
 * list, it is written like a list in a `t.any` (quirk 35 of docs/python-0.1.md).
 */
export function toDynamic(declared: Type, value: unknown): unknown {
  if (isNull(value)) return null
  const { type } = unwrap(declared)
  if (isNumberType(type)) return toDynamicNumber(type, value)
  switch (type.kind) {
    case 'struct':
    case 'enum':
    case 'date':
      return new Typed(type, value)
    case 'list':
      return Array.from(value as unknown[], (item) => toDynamic(type.element, item))
    case 'set':
      return new Set(Array.from(value as Set<unknown>, (item) => toDynamic(type.element, item)))
    case 'map':
      return new Map(
        Array.from(value as Map<unknown, unknown>, ([k, v]) => [toDynamic(type.key, k), toDynamic(type.value, v)]),
      )
    case 'record':
      return new Map(Object.entries(value).map(([k, v]) => [k, toDynamic(type.value, v)]))
    case 'any':
    case 'string':
    case 'bytes':
    case 'timestamp':
      return value
    default:
      return type satisfies never
  }
}

function toDynamicNumber(type: NumberType, value: unknown): unknown {
  if (type.kind === 'float64') return new Typed(t.float64, value)
  if (type.kind === 'float32') return new Typed(t.float64, Math.fround(value as number))
  // Adding 0 turns −0 into 0: without a declared type, −0 would be written as a float.
  return typeof value === 'number' ? value + 0 : value
}
