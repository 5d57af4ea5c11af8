import {
  fromJson,
  type JsonValue,
  type NamedTypeDescription,
  type StructDescription,
  type TypeDescription,
} from '@aster/description'
import { isBytes } from '@aster/rpc-core/schema'
import type { Group, Item, Layout } from './layout.ts'
import { quote } from './source-text.ts'
import { zeroJson } from './type-graph.ts'

type TypeIndex = ReadonlyMap<string, NamedTypeDescription>

/** Returns an object literal: `{ a: 1 }`. */
export function objectOf(items: readonly Item[]): Group {
  return { open: '{', items, close: '}', pad: ' ' }
}

/** Returns a call: `f(a, b)`. */
export function callOf(name: string, args: readonly Layout[], hug = true): Group {
  return { open: `${name}(`, items: args.map((value) => ({ value })), close: ')', pad: '', hug }
}

function arrayOf(items: readonly Layout[]): Group {
  return { open: '[', items: items.map((value) => ({ value })), close: ']', pad: '' }
}

/** Returns a key of an object literal, with its colon. */
export function keyOf(name: string): string {
  if (name === '__proto__') return "['__proto__']: "
  return `${/^[\p{ID_Start}_$][\p{ID_Continue}$]*$/u.test(name) ? name : quote(name)}: `
}

/** Returns the default of a field as an expression. */
export function valueOf(type: TypeDescription, json: JsonValue, index: TypeIndex): Layout {
  switch (type.kind) {
    case 'optional':
      return json === null ? 'undefined' : valueOf(type.inner, json, index)
    case 'list':
      return arrayOf((json as JsonValue[]).map((item) => valueOf(type.element, item, index)))
    case 'set': {
      const items = (json as JsonValue[]).map((item) => valueOf(type.element, item, index))
      return items.length === 0 ? 'new Set()' : callOf('new Set', [arrayOf(items)])
    }
    case 'record':
      return objectOf(
        (json as [string, JsonValue][]).map(([key, item]) => ({
          key: keyOf(key),
          value: valueOf(type.value, item, index),
        })),
      )
    case 'map': {
      const pairs = (json as [JsonValue, JsonValue][]).map(([key, item]) =>
        arrayOf([valueOf(type.key, key, index), valueOf(type.value, item, index)]),
      )
      return pairs.length === 0 ? 'new Map()' : callOf('new Map', [arrayOf(pairs)])
    }
    case 'struct':
      return structValue(index.get(type.name) as StructDescription, json as Record<string, JsonValue>, index)
    case 'any':
      return plainValue(json)
    case 'timestamp':
      return `Timestamp.parse(${quote(json as string)})`
    default:
      return scalarValue(fromJson(type, json, index))
  }
}

/** Returns the members whose values differ from their implied defaults. */
function structValue(struct: StructDescription, json: Readonly<Record<string, JsonValue>>, index: TypeIndex): Layout {
  const items = struct.fields.flatMap((field) => {
    const item = json[field.wireName]
    if (item === undefined) return []
    const left = zeroJson(field, struct, index)
    if (left !== undefined && JSON.stringify(left) === JSON.stringify(item)) return []
    return [{ key: keyOf(field.name), value: valueOf(field.type, item, index) }]
  })
  return objectOf(items)
}

function scalarValue(value: unknown): Layout {
  if (typeof value === 'string') return quote(value)
  if (typeof value === 'bigint') return `${value}n`
  if (Object.is(value, -0)) return '-0'
  if (isBytes(value)) return value.length === 0 ? 'new Uint8Array()' : callOf('Uint8Array.of', [...value].map(String))
  return String(value)
}

/** Returns a JSON value as an expression, as a `t.any` holds it. */
function plainValue(json: JsonValue): Layout {
  if (typeof json === 'string') return quote(json)
  if (Array.isArray(json)) return arrayOf((json as JsonValue[]).map(plainValue))
  if (typeof json === 'object' && json !== null)
    return objectOf(Object.entries(json).map(([key, item]) => ({ key: keyOf(key), value: plainValue(item) })))
  return String(json)
}
