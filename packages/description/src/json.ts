import { Timestamp } from '@aster/rpc-core'
import { fromBase64, isBytes, isMap, isPlainObject, isSet, setKey, toBase64 } from '@aster/rpc-core/schema'
import type { JsonValue, NamedTypeDescription, StructDescription, TypeDescription } from './description.ts'

/** The named types of a description, by name. */
export type TypeIndex = ReadonlyMap<string, NamedTypeDescription>

/**
 * Writes a value of a type as JSON. An integer beyond 53 bits becomes a decimal string; `NaN`, the infinities and `-0`
 * become strings; bytes become base64, times ISO 8601, enum members their names, records and maps lists of pairs, and
 * structs objects with wire names. The value must be complete and fit the type.
 */
export function toJson(type: TypeDescription, value: unknown, types: TypeIndex): JsonValue {
  switch (type.kind) {
    case 'optional':
      return value === undefined || value === null ? null : toJson(type.inner, value, types)
    case 'list':
    case 'set':
      return [...(value as Iterable<unknown>)].map((item) => toJson(type.element, item, types))
    case 'record':
      return Object.entries(value as object).map(([key, item]) => [key, toJson(type.value, item, types)])
    case 'map':
      return [...(value as Map<unknown, unknown>)].map(([key, item]) => [
        toJson(type.key, key, types),
        toJson(type.value, item, types),
      ])
    case 'struct': {
      const out: Record<string, JsonValue> = {}
      for (const field of structOf(type.name, types).fields)
        setKey(out, field.wireName, toJson(field.type, (value as Record<string, unknown>)[field.name], types))
      return out
    }
    case 'enum':
      return memberName(type.name, value, types)
    case 'bytes':
      return toBase64(value as Uint8Array)
    case 'timestamp':
      return String(value)
    case 'any':
      return anyToJson(value)
    default:
      return scalarToJson(value)
  }
}

/**
 * Reads JSON that `toJson` wrote. If a part does not have the form of its type, it is returned unchanged: check the result
 * against the type afterwards.
 */
export function fromJson(type: TypeDescription, json: JsonValue, types: TypeIndex): unknown {
  switch (type.kind) {
    case 'optional':
      return json === null ? undefined : fromJson(type.inner, json, types)
    case 'list':
      return Array.isArray(json) ? json.map((item) => fromJson(type.element, item as JsonValue, types)) : json
    case 'set':
      return Array.isArray(json) ? new Set(json.map((item) => fromJson(type.element, item as JsonValue, types))) : json
    case 'record': {
      const pairs = toPairs(json)
      if (pairs === undefined) return json
      const out: Record<string, unknown> = {}
      for (const [key, item] of pairs) setKey(out, key as string, fromJson(type.value, item, types))
      return out
    }
    case 'map':
      return toMap(json, (key, item) => [fromJson(type.key, key, types), fromJson(type.value, item, types)]) ?? json
    case 'struct':
      return structFromJson(structOf(type.name, types), json, types)
    case 'enum':
      return memberValue(type.name, json, types)
    case 'bytes':
      return typeof json === 'string' ? (fromBase64(json) ?? json) : json
    case 'timestamp':
      return typeof json === 'string' ? Timestamp.parse(json) : json
    case 'int64':
    case 'uint64':
    case 'fixedInt64':
    case 'fixedUint64':
    case 'taggedInt64':
    case 'taggedUint64':
      return toBigint(json)
    case 'int':
    case 'float32':
    case 'float64':
      return typeof json === 'string' ? (numbers.get(json) ?? json) : json
    default:
      return json
  }
}

const numbers: ReadonlyMap<string, number> = new Map([
  ['NaN', Number.NaN],
  ['Infinity', Number.POSITIVE_INFINITY],
  ['-Infinity', Number.NEGATIVE_INFINITY],
  ['-0', -0],
])

function scalarToJson(value: unknown): JsonValue {
  if (typeof value === 'bigint') {
    const number = Number(value)
    return Number.isSafeInteger(number) ? number : String(value)
  }
  if (typeof value === 'number' && (!Number.isFinite(value) || Object.is(value, -0)))
    return Object.is(value, -0) ? '-0' : String(value)
  return value as JsonValue
}

/** Returns the parts of a `t.any` value that JSON can represent, and null for the others. */
function anyToJson(value: unknown): JsonValue {
  if (value === undefined) return null
  if (Array.isArray(value)) return value.map(anyToJson)
  if (isPlainObject(value)) {
    const out: Record<string, JsonValue> = {}
    for (const key of Object.keys(value)) setKey(out, key, anyToJson(value[key]))
    return out
  }
  if (isBytes(value) || isMap(value) || isSet(value)) return null
  return scalarToJson(value)
}

function toBigint(json: JsonValue): unknown {
  if (typeof json === 'number') return Number.isSafeInteger(json) ? BigInt(json) : json
  return typeof json === 'string' && /^-?\d{1,20}$/.test(json) ? BigInt(json) : json
}

function structOf(name: string, types: TypeIndex): StructDescription {
  return types.get(name) as StructDescription
}

function structFromJson(struct: StructDescription, json: JsonValue, types: TypeIndex): unknown {
  if (!isPlainObject(json)) return json
  const byName = new Map(struct.fields.map((field) => [field.wireName, field]))
  const out: Record<string, unknown> = {}
  for (const [key, item] of Object.entries(json as Record<string, JsonValue>)) {
    const field = byName.get(key)
    setKey(out, field?.name ?? key, field === undefined ? item : fromJson(field.type, item, types))
  }
  return out
}

function memberName(name: string, value: unknown, types: TypeIndex): JsonValue {
  const type = types.get(name)
  const member = type?.kind === 'enum' ? type.members.find((one) => one.value === value) : undefined
  return member?.name ?? (value as JsonValue)
}

function memberValue(name: string, json: JsonValue, types: TypeIndex): unknown {
  const type = types.get(name)
  return type?.kind === 'enum' ? type.members.find((one) => one.name === json)?.value : undefined
}

function toPairs(json: JsonValue): readonly (readonly [JsonValue, JsonValue])[] | undefined {
  if (!Array.isArray(json)) return undefined
  const isPair = (item: unknown): boolean => Array.isArray(item) && item.length === 2
  return json.every(isPair) ? (json as readonly (readonly [JsonValue, JsonValue])[]) : undefined
}

function toMap(
  json: JsonValue,
  read: (key: JsonValue, value: JsonValue) => readonly [unknown, unknown],
): Map<unknown, unknown> | undefined {
  const pairs = toPairs(json)
  return pairs === undefined ? undefined : new Map(pairs.map(([key, item]) => read(key, item)))
}
