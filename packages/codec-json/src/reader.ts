import type {
  BigintType,
  EnumType,
  IntegerType,
  ListType,
  MapType,
  RecordType,
  SetType,
  StructType,
  Type,
} from '@aster/rpc-core'
import { Timestamp } from '@aster/rpc-core'
import { countKeys, isObject, isWellFormed, setKey, wireType } from '@aster/rpc-core/schema'
import { fromBase64 } from './base64.ts'
import { keyTextOf } from './map-key.ts'
import type { Place } from './place.ts'
import { readAny } from './read-any.ts'
import { demandExact } from './exact-numbers.ts'

/** Turns what `JSON.parse` or `parseJson` gave into a value of a type. */
export type Reader = (json: unknown, place: Place) => unknown

const readers = new WeakMap<Type, Reader>()

export function readerOf(type: Type): Reader {
  let reader = readers.get(type)
  if (reader === undefined) {
    reader = compile(type)
    readers.set(type, reader)
  }
  return reader
}

function compile(type: Type): Reader {
  const wire = wireType(type)
  switch (wire.kind) {
    case 'string':
      return (json, place) => {
        if (typeof json === 'string' && !place.options.surrogates) return json
        return place.check(wire, json)
      }
    case 'bool':
    case 'date':
      return (json, place) => place.check(type, json)
    case 'bytes':
      return (json, place) => {
        const bytes = typeof json === 'string' ? fromBase64(json) : undefined
        return bytes ?? place.mismatch('bytes as base64 text', json)
      }
    case 'int':
    case 'int8':
    case 'int16':
    case 'int32':
    case 'uint8':
    case 'uint16':
    case 'uint32':
      return integer(wire)
    case 'int64':
    case 'uint64':
      return bigint(wire)
    case 'float32':
      return (json, place) => Math.fround(float(json, place, wire))
    case 'float64':
      return (json, place) => (typeof json === 'number' ? json : float(json, place, wire))
    case 'timestamp':
      return timestamp
    case 'any':
      return readAny
    case 'optional': {
      const read = readerOf(wire.inner)
      return (json, place) => (json === null ? undefined : read(json, place))
    }
    case 'list':
      return list(wire)
    case 'set':
      return set(wire)
    case 'record':
      return record(wire)
    case 'map':
      return map(wire)
    case 'enum':
      return enumeration(wire)
    case 'struct':
      return struct(wire)
    case 'lazy': {
      let read: Reader | undefined
      return (json, place) => (read ??= readerOf(wire.target))(json, place)
    }
  }
}

function integer(type: IntegerType): Reader {
  const { kind, min, max } = type
  return (json, place) => {
    // Adding 0 makes 0 of −0.
    if (Number.isInteger(json) && (json as number) >= min && (json as number) <= max) return (json as number) + 0
    demandExact(json, place)
    if (typeof json !== 'bigint') return place.check(type, json)
    const hint = kind === 'int' ? '; use t.int64 for the whole 64-bit range' : ''
    return place.fail(`expected an integer from ${min} to ${max} (${kind}), found ${integerText(json)}${hint}`)
  }
}

function bigint(type: BigintType): Reader {
  return (json, place) => {
    demandExact(json, place)
    if (Number.isSafeInteger(json)) return place.check(type, BigInt(json as number))
    return typeof json === 'bigint'
      ? place.check(type, json)
      : place.mismatch(`an integer (${type.kind})${Number.isInteger(json) ? ' in digits' : ''}`, json)
  }
}

function integerText(value: bigint): string {
  const text = String(value)
  return text.length <= 40 ? text : `one of ${text.length} digits`
}

function float(json: unknown, place: Place, type: Type<number>): number {
  return typeof json === 'bigint' ? Number(json) : place.check(type, json)
}

function timestamp(json: unknown, place: Place): Timestamp {
  if (typeof json !== 'string') return place.mismatch('a timestamp as ISO 8601 text', json)
  try {
    return Timestamp.parse(json)
  } catch (error) {
    return place.fail((error as Error).message)
  }
}

function list(type: ListType): Reader {
  const read = readerOf(type.element)
  return (json, place) => items(json, read, place)
}

function set(type: SetType): Reader {
  const read = readerOf(type.element)
  return (json, place) => new Set(items(json, read, place))
}

function items(json: unknown, read: Reader, place: Place): unknown[] {
  if (!Array.isArray(json)) return place.mismatch('a list', json)
  const values: unknown[] = []
  for (let i = 0; i < json.length; i++) {
    place.enter(i)
    values.push(read(json[i], place))
    place.leave()
  }
  return values
}

function record(type: RecordType): Reader {
  const read = readerOf(type.value)
  return (json, place) => {
    const out: Record<string, unknown> = {}
    for (const [key, member] of entries(json, place)) {
      place.enter(key)
      setKey(out, key, read(member, place))
      place.leave()
    }
    return out
  }
}

function map(type: MapType): Reader {
  const keys = keyTextOf(type.key)
  const read = readerOf(type.value)
  return (json, place) => {
    const out = new Map<unknown, unknown>()
    for (const [text, member] of entries(json, place)) {
      place.enter(text)
      const key = keys.parse(text)
      if (key === undefined) place.fail(`expected a key that is the text of a value of kind '${type.key.kind}'`)
      out.set(place.check(type.key, key), read(member, place))
      place.leave()
    }
    return out
  }
}

function entries(json: unknown, place: Place): [string, unknown][] {
  if (!isObject(json)) return place.mismatch('an object', json)
  const found = Object.entries(json)
  if (place.options.surrogates && !found.every(([key]) => isWellFormed(key)))
    place.fail('expected keys without lone surrogates')
  return found
}

function enumeration(type: EnumType): Reader {
  return (json, place) => (type.ordinalOf(json) === undefined ? place.check(type, json) : json)
}

function struct(type: StructType): Reader {
  const known = new Set(type.fields.map((field) => field.wireName))
  const ofProtocol = type.namespace === '_aster'
  const fields = type.fields.map((field) => ({
    name: field.name,
    wireName: field.wireName,
    // An object that lacks such a member inherits one.
    inherited: field.wireName in Object.prototype,
    type: field.type,
    read: readerOf(field.type),
  }))
  return (json, place) => {
    if (!isObject(json)) return place.mismatch(`an object (${type.tag})`, json)
    const out: Record<string, unknown> = {}
    let present = 0
    for (const field of fields) {
      const found = field.inherited && !Object.hasOwn(json, field.wireName) ? undefined : json[field.wireName]
      if (found !== undefined) {
        present++
        place.enter(field.wireName)
        out[field.name] = field.read(found, place)
        place.leave()
      } else if (place.options.defaults || ofProtocol || isOptional(field.type)) {
        out[field.name] = field.type.zero()
      } else {
        place.enter(field.wireName)
        place.fail(`missing in ${type.tag}`)
      }
    }
    if (countKeys(json) > present) {
      place.enter(Object.keys(json).find((key) => !known.has(key)) ?? '')
      place.fail(`no such field in ${type.tag}`)
    }
    return out
  }
}

function isOptional(type: Type): boolean {
  const wire = wireType(type)
  return wire.kind === 'optional' || (wire.kind === 'lazy' && isOptional(wire.target))
}
