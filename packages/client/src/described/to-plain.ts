import type { Type } from '@aster/rpc-core'
import { setKey, toBase64, wireType } from '@aster/rpc-core/schema'

/**
 * Converts a value that a codec has read to a plain value, as JSON mode returns it without a definition: with the names of the
 * wire, integers as numbers if they are exact, bytes as base64, moments as ISO 8601, sets as lists, maps as objects, and `null`
 * for a missing value.
 */
export function toPlain(outer: Type, value: unknown): unknown {
  const type = wireType(outer)
  switch (type.kind) {
    case 'optional':
      return value === undefined || value === null ? null : toPlain(type.inner, value)
    case 'default':
      return toPlain(type.inner, value)
    case 'lazy':
      return toPlain(type.target, value)
    case 'list':
    case 'set':
      return Array.from(value as Iterable<unknown>, (item) => toPlain(type.element, item))
    case 'record':
      return toObject(Object.entries(value as object), type.value)
    case 'map': {
      const pairs = [...(value as Map<unknown, unknown>)].map(([key, item]) => [toPlain(type.key, key), item] as const)
      if (pairs.every(([key]) => typeof key !== 'object')) return toObject(pairs, type.value)
      return pairs.map(([key, item]) => [key, toPlain(type.value, item)])
    }
    case 'struct': {
      const out: Record<string, unknown> = {}
      for (const field of type.fields)
        setKey(out, field.wireName, toPlain(field.type, (value as Record<string, unknown>)[field.name]))
      return out
    }
    case 'bytes':
      return toBase64(value as Uint8Array)
    case 'timestamp':
      return String(value)
    case 'int64':
    case 'uint64':
      return Number.isSafeInteger(Number(value)) ? Number(value) : value
    default:
      return value
  }
}

function toObject(pairs: readonly (readonly [unknown, unknown])[], type: Type): Record<string, unknown> {
  const out: Record<string, unknown> = {}
  for (const [key, item] of pairs) setKey(out, String(key), toPlain(type, item))
  return out
}
