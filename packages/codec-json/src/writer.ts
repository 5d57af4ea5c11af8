import type { EnumType, ListType, MapType, RecordType, SetType, StructType, Type } from '@aster/rpc-core'
import { countKeys, isPlainObject, keySegment, wireType } from '@aster/rpc-core/schema'
import { toBase64 } from './base64.ts'
import { isoText } from './iso-text.ts'
import { keyTextOf } from './map-key.ts'
import { numberText } from './number-text.ts'
import { Place } from './place.ts'
import { quote } from './quote.ts'
import { writeAny } from './write-any.ts'

/** Checks a value and gives its JSON text. Throws `RpcError` where the value does not fit. */
export type Writer = (value: unknown, place: Place) => string

const writers = new WeakMap<Type, Writer>()

export function writerOf(type: Type): Writer {
  let writer = writers.get(type)
  if (writer === undefined) {
    writer = compile(type)
    writers.set(type, writer)
  }
  return writer
}

function compile(type: Type): Writer {
  const wire = wireType(type)
  switch (wire.kind) {
    case 'string':
      return (value, place) => quote(typeof value === 'string' ? value : place.check(wire, value), place)
    case 'bool':
      return (value, place) => String(typeof value === 'boolean' ? value : place.check(wire, value))
    case 'bytes':
      return (value, place) => `"${toBase64(place.check(wire, value))}"`
    case 'int':
    case 'int8':
    case 'int16':
    case 'int32':
    case 'uint8':
    case 'uint16':
    case 'uint32': {
      const { min, max } = wire
      return (value, place) =>
        String(
          Number.isInteger(value) && (value as number) >= min && (value as number) <= max
            ? value
            : place.check(wire, value),
        )
    }
    case 'int64':
    case 'uint64':
      return (value, place) => String(place.check(wire, value))
    case 'float32':
      return (value, place) => numberText(Math.fround(place.check(wire, value)))
    case 'float64':
      return (value, place) => numberText(typeof value === 'number' ? value : place.check(wire, value))
    case 'timestamp':
      return (value, place) => {
        const text = isoText(place.check(wire, value))
        return text === undefined
          ? place.fail('expected a moment of the years 0001 to 9999, for JSON mode writes it as text')
          : `"${text}"`
      }
    case 'date':
      return (value, place) => `"${place.check(wire, value)}"`
    case 'any':
      return writeAny
    case 'optional': {
      const write = writerOf(wire.inner)
      return (value, place) => (value === undefined || value === null ? 'null' : write(value, place))
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
      let write: Writer | undefined
      return (value, place) => (write ??= writerOf(wire.target))(value, place)
    }
  }
}

function list(type: ListType): Writer {
  const write = writerOf(type.element)
  return (value, place) => {
    if (!Array.isArray(value)) return place.mismatch('a list', value)
    return items(value, write, place)
  }
}

function set(type: SetType): Writer {
  const write = writerOf(type.element)
  return (value, place) => {
    if (!(value instanceof Set)) return place.mismatch('a Set', value)
    return items([...(value as Set<unknown>)], write, place)
  }
}

function items(values: readonly unknown[], write: Writer, place: Place): string {
  let text = '['
  for (let i = 0; i < values.length; i++) {
    place.enter(i)
    if (i > 0) text += ','
    text += write(values[i], place)
    place.leave()
  }
  return `${text}]`
}

function record(type: RecordType): Writer {
  const write = writerOf(type.value)
  return (value, place) => {
    if (!isPlainObject(value)) return place.mismatch('a plain object', value)
    let text = ''
    for (const key of Object.keys(value)) {
      place.enter(key)
      text += `${text === '' ? '' : ','}${quote(key, place)}:${write(value[key], place)}`
      place.leave()
    }
    return `{${text}}`
  }
}

function map(type: MapType): Writer {
  const keys = keyTextOf(type.key)
  const write = writerOf(type.value)
  return (value, place) => {
    if (!(value instanceof Map)) return place.mismatch('a Map', value)
    let text = ''
    for (const [key, member] of value as Map<unknown, unknown>) {
      place.enter(keySegment(key))
      const keyText =
        keys.format(place.check(type.key, key)) ?? place.fail('expected a key that JSON mode can write as text')
      text += `${text === '' ? '' : ','}${quote(keyText, place)}:${write(member, place)}`
      place.leave()
    }
    return `{${text}}`
  }
}

function enumeration(type: EnumType): Writer {
  const texts = new Map<unknown, string>(type.entries.map(({ value }) => [value, JSON.stringify(value)]))
  return (value, place) => texts.get(value) ?? String(place.check(type, value))
}

function struct(type: StructType): Writer {
  const known = new Set(type.fields.map((field) => field.name))
  const fields = type.fields.map((field, index) => ({
    name: field.name,
    // A plain object inherits members of these names.
    inherited: field.name in Object.prototype,
    start: `${index === 0 ? '{' : ','}${JSON.stringify(field.wireName)}:`,
    write: writerOf(field.type),
    zero: undefined as string | undefined,
    type: field.type,
  }))
  return (value, place) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      return place.mismatch(`an object (${type.tag})`, value)
    const object = value as Readonly<Record<string, unknown>>
    let text = ''
    let present = 0
    for (const field of fields) {
      const given = field.inherited && !Object.hasOwn(object, field.name) ? undefined : object[field.name]
      if (given === undefined) {
        text += field.start + (field.zero ??= field.write(field.type.zero(), place))
      } else {
        present++
        place.enter(field.name)
        text += field.start + field.write(given, place)
        place.leave()
      }
    }
    // A class instance may carry members of its own; in a plain object an unknown key is a slip.
    if (countKeys(object) > present && isPlainObject(object)) {
      const unknown = Object.keys(object).find((key) => !known.has(key))
      if (unknown !== undefined) {
        place.enter(unknown)
        place.fail(`no such field in ${type.tag}`)
      }
    }
    return `${text === '' ? '{' : text}}`
  }
}
