import { type StructType, Timestamp, type Type } from '@aster/rpc-core'
import { fromBase64, isIntegerType, isMap, isPlainObject, isSet, setKey, wireType } from '@aster/rpc-core/schema'

/**
 * Converts a plain value (a JSON value with the names of the wire) to a value of a type. A part that does not fit its type stays
 * unchanged, and the codec then rejects it with a message.
 */
export function fromPlain(type: Type, value: unknown): unknown {
  return new PlainReader().read(type, value)
}

/**
 * The largest number of values and of levels in one message. A value beyond them stays unchanged, and the codec rejects
 * it.
 */
const MAX_VALUES = 1_000_000
const MAX_DEPTH = 200

class PlainReader {
  #count = 0
  #depth = 0

  read(outer: Type, value: unknown): unknown {
    if (value === undefined || ++this.#count > MAX_VALUES || this.#depth > MAX_DEPTH) return value
    this.#depth++
    try {
      return this.#part(outer, value)
    } finally {
      this.#depth--
    }
  }

  #part(outer: Type, value: unknown): unknown {
    const type = wireType(outer)
    if (isIntegerType(type)) return typeof value === 'bigint' ? toSafe(value) : value
    switch (type.kind) {
      case 'optional':
        return value === null ? undefined : this.read(type.inner, value)
      case 'default':
        return this.read(type.inner, value)
      case 'lazy':
        return this.read(type.target, value)
      case 'list':
        return Array.isArray(value) ? value.map((item) => this.read(type.element, item)) : value
      case 'set':
        if (!Array.isArray(value) && !isSet(value)) return value
        return new Set([...value].map((item) => this.read(type.element, item)))
      case 'record': {
        if (!isPlainObject(value)) return value
        const out: Record<string, unknown> = {}
        for (const key of Object.keys(value)) setKey(out, key, this.read(type.value, value[key]))
        return out
      }
      case 'map':
        return this.#map(type, value)
      case 'struct': {
        if (!isPlainObject(value)) return value
        const out: Record<string, unknown> = {}
        const fields = fieldsOf(type)
        for (const key of Object.keys(value)) {
          const field = fields.get(key)
          setKey(out, key, field === undefined ? value[key] : this.read(field, value[key]))
        }
        return out
      }
      case 'enum': {
        if (type.ordinalOf(value) !== undefined) return value
        // An enum member may be given by its name or by its value.
        return type.entries.find(({ name }) => name === value)?.value ?? value
      }
      case 'bytes':
        return typeof value === 'string' ? (fromBase64(value) ?? value) : value
      case 'timestamp':
        return typeof value === 'string' ? (parseTimestamp(value) ?? value) : value
      case 'int64':
      case 'uint64':
        return typeof value === 'number' && Number.isSafeInteger(value) ? BigInt(value) : value
      case 'float32':
      case 'float64':
        return toFloat(value)
      default:
        return value
    }
  }

  #map({ key, value: item }: { readonly key: Type; readonly value: Type }, value: unknown): unknown {
    const pairs = toPairs(value)
    if (pairs === undefined) return value
    const keyOf = (found: unknown): unknown => this.read(key, isMap(value) ? found : parseKey(key, found))
    return new Map(pairs.map(([found, member]) => [keyOf(found), this.read(item, member)]))
  }
}

const known = new WeakMap<StructType, ReadonlyMap<string, Type>>()

function fieldsOf(type: StructType): ReadonlyMap<string, Type> {
  let fields = known.get(type)
  if (fields === undefined) {
    fields = new Map(type.fields.map((field) => [field.name, field.type]))
    known.set(type, fields)
  }
  return fields
}

function toPairs(value: unknown): readonly (readonly [unknown, unknown])[] | undefined {
  if (isMap(value)) return [...value]
  if (isPlainObject(value)) return Object.entries(value)
  const isPairs = Array.isArray(value) && value.every((one) => Array.isArray(one) && one.length === 2)
  return isPairs ? (value as [unknown, unknown][]) : undefined
}

/** Converts the key of a JSON object, which is always a string, to a value of the key's type. */
function parseKey(outer: Type, key: unknown): unknown {
  if (typeof key !== 'string') return key
  const type = wireType(outer)
  if (isIntegerType(type)) return isInteger(key) ? Number(key) : key
  switch (type.kind) {
    case 'lazy':
      return parseKey(type.target, key)
    case 'int64':
    case 'uint64':
      return isInteger(key) ? BigInt(key) : key
    case 'bool':
      return key === 'true' ? true : key === 'false' ? false : key
    case 'float32':
    case 'float64':
      return /^-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?$/.test(key) ? Number(key) : key
    case 'enum':
      return type.entries.find(({ value }) => String(value) === key)?.value ?? key
    default:
      return key
  }
}

const isInteger = (text: string): boolean => text.length <= 20 && /^(?:0|-?[1-9]\d*)$/.test(text)

function toSafe(value: bigint): unknown {
  const number = Number(value)
  return Number.isSafeInteger(number) ? number : value
}

const WORDS: ReadonlyMap<unknown, number> = new Map([
  ['NaN', Number.NaN],
  ['Infinity', Number.POSITIVE_INFINITY],
  ['-Infinity', Number.NEGATIVE_INFINITY],
])

function toFloat(value: unknown): unknown {
  return typeof value === 'bigint' ? Number(value) : (WORDS.get(value) ?? value)
}

function parseTimestamp(text: string): Timestamp | undefined {
  try {
    return Timestamp.parse(text)
  } catch {
    return undefined
  }
}
