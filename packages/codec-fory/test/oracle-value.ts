import { t, Timestamp } from '@aster/rpc-core'
import { dateOfDays, daysOfDate, isPlainObject, setKey } from '@aster/rpc-core/schema'
import { typed, Typed } from '../src/index.ts'
import { bytesOf, hexOf } from './hex.ts'
import { isUniform, need, type Node, type OracleSchema } from './oracle-schema.ts'

/** A value in the oracle's JSON notation. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json }

const BIGINT_KINDS = new Set(['int64', 'uint64', 'fixed_int64', 'fixed_uint64', 'tagged_int64', 'tagged_uint64'])

/** Converts a value for `ForyCodec.encode`. */
export function fromOracle(
  schema: OracleSchema,
  node: Node,
  json: Json,
  int: 't.int' | 't.int64' = 't.int64',
): unknown {
  const convert = (inner: Node, value: Json): unknown => fromOracle(schema, inner, value, int)
  const [first, second] = node.args
  if (json === null) return null
  switch (node.kind) {
    case 'optional':
      return convert(need(first), json)
    case 'any':
      return fromAny(schema, json, int)
    case 'int':
      return int === 't.int' ? numberOf(json) : bigintOf(json)
    case 'float':
    case 'float32':
    case 'float64':
      return floatOf(json)
    case 'bytes':
    case 'timestamp':
      return fromAny(schema, json, int)
    case 'date':
      return dateOfDays((json as { $date: number }).$date)
    case 'list':
      return (json as Json[]).map((item) => convert(need(first), item))
    case 'set':
      return new Set((json as Json[]).map((item) => convert(need(first), item)))
    case 'tuple':
      return isUniform(node)
        ? (json as Json[]).map((item) => convert(need(first), item))
        : (json as Json[]).map((item, i) => {
            const arg = need(node.args[i])
            return item === null || isAny(arg)
              ? convert(arg, item)
              : typed(t.optional(schema.type(arg)), convert(arg, item) as undefined)
          })
    case 'map': {
      const entries = (json as { $map: [Json, Json][] }).$map.map(
        ([k, v]) => [convert(need(first), k), convert(need(second), v)] as const,
      )
      return schema.type(node).kind === 'record' ? objectOf(entries as [string, unknown][]) : new Map(entries)
    }
    case 'struct':
      return structOf(schema, node.tag, json, int)
    default:
      return BIGINT_KINDS.has(node.kind) ? bigintOf(json) : json
  }
}

const isAny = ({ kind, args }: Node): boolean => kind === 'any' || (kind === 'optional' && args.every(isAny))

function structOf(schema: OracleSchema, tag: string, json: Json, int: 't.int' | 't.int64'): unknown {
  const fields = need(schema.fields.get(tag))
  return objectOf(
    Object.entries(json as object).map(([name, value]) => [
      name,
      fromOracle(schema, need(fields.get(name)), value as Json, int),
    ]),
  )
}

function fromAny(schema: OracleSchema, json: Json, int: 't.int' | 't.int64'): unknown {
  const convert = (value: Json): unknown => fromAny(schema, value, int)
  if (json === null || typeof json === 'boolean' || typeof json === 'string' || typeof json === 'number') return json
  if (Array.isArray(json)) return json.map(convert)
  const object = json as Record<string, Json>
  if ('$int' in object) return bigintOf(json)
  if ('$float' in object) return typed(t.float64, floatOf(json))
  if ('$bytes' in object) return bytesOf(object['$bytes'] as string)
  if ('$date' in object) return typed(t.date, need(dateOfDays(object['$date'] as number)))
  if ('$timestamp' in object) return new Timestamp(...(object['$timestamp'] as [number, number]))
  if ('$set' in object) return new Set((object['$set'] as Json[]).map(convert))
  if ('$map' in object) return new Map((object['$map'] as [Json, Json][]).map(([k, v]) => [convert(k), convert(v)]))
  if ('$enum' in object) return typed(need(schema.enums.get(object['$enum'] as string)), object['name'] as string)
  const tag = object['$struct'] as string
  return typed(need(schema.structs.get(tag)), structOf(schema, tag, object['fields'] ?? null, int) as object)
}

function numberOf(json: Json): number {
  if (typeof json !== 'number') throw new Error('an integer beyond ±(2^53 − 1)')
  return json
}

function bigintOf(json: Json): bigint {
  return BigInt(typeof json === 'number' ? json : (json as { $int: string }).$int)
}

function floatOf(json: Json): number {
  return typeof json === 'number' ? json : Number((json as { $float: string }).$float)
}

function objectOf(entries: readonly (readonly [string, unknown])[]): Record<string, unknown> {
  const object: Record<string, unknown> = {}
  for (const [key, value] of entries) setKey(object, key, value)
  return object
}

/**
 * Returns a string for a decoded value that is equal for equal values. Ignores the order of a set, and that of a map if a
 * plain object stands for it, and whether a number in a dynamic position is an integral float.
 */
export function canonicalValue(schema: OracleSchema, node: Node, value: unknown): string {
  if (value === null || value === undefined) return 'null'
  const part = (inner: Node, item: unknown): string => canonicalValue(schema, inner, item)
  const [first, second] = node.args
  if (node.kind === 'optional') return part(need(first), value)
  if (node.kind === 'any') return canonicalAny(schema, value)
  if (value instanceof Typed) return part(node, value.value)
  switch (node.kind) {
    case 'list':
    case 'tuple':
      return `[${(value as unknown[]).map((item, i) => part(node.kind === 'list' || isUniform(node) ? need(first) : need(node.args[i]), item)).join()}]`
    case 'set':
      return `set[${[...(value as Set<unknown>)]
        .map((item) => part(need(first), item))
        .sort()
        .join()}]`
    case 'map': {
      const entries = isPlainObject(value) ? Object.entries(value) : [...(value as Map<unknown, unknown>)]
      return `{${entries
        .map(([k, v]) => `${part(need(first), k)}:${part(need(second), v)}`)
        .sort()
        .join()}}`
    }
    case 'struct': {
      const fields = [...need(schema.fields.get(node.tag))]
      return `(${fields.map(([name, inner]) => part(inner, (value as Record<string, unknown>)[name])).join()})`
    }
    default:
      return canonicalScalar(value)
  }
}

function canonicalAny(schema: OracleSchema, value: unknown): string {
  const part = (item: unknown): string => canonicalAny(schema, item)
  if (value instanceof Typed) {
    const type = value.type
    if ('tag' in type) {
      const kind = type.kind as 'struct' | 'enum'
      return `${kind} ${type.tag as string}${canonicalValue(schema, { kind, args: [], tag: type.tag as string }, value.value)}`
    }
    return type.kind === 'date' ? `date ${String(daysOfDate(value.value as string))}` : canonicalScalar(value.value)
  }
  if (Array.isArray(value)) return `[${value.map(part).join()}]`
  if (value instanceof Set) return `set[${Array.from(value, part).sort().join()}]`
  if (value instanceof Map || isPlainObject(value)) {
    const entries = value instanceof Map ? [...(value as Map<unknown, unknown>)] : Object.entries(value)
    return `{${entries
      .map(([k, v]) => `${part(k)}:${part(v)}`)
      .sort()
      .join()}}`
  }
  return canonicalScalar(value)
}

function canonicalScalar(value: unknown): string {
  if (value === null || value === undefined) return 'null'
  if (typeof value === 'number') return Object.is(value, -0) ? '-0' : String(value)
  if (typeof value === 'bigint') return String(value)
  if (value instanceof Uint8Array) return `bytes ${hexOf(value)}`
  if (value instanceof Timestamp) return `time ${value.seconds} ${value.nanoseconds}`
  return JSON.stringify(value)
}
