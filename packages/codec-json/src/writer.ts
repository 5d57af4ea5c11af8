import type {
  EnumType,
  Field,
  IntegerType,
  ListType,
  MapType,
  RecordType,
  SetType,
  StructType,
  Type,
} from '@aster/rpc-core'
import {
  countKeys,
  isInherited,
  isIntegerType,
  isMap,
  isObject,
  isPlainObject,
  isSet,
  keySegment,
  toBase64,
  wireType,
} from '@aster/rpc-core/schema'
import { isoText } from './iso-text.ts'
import type { JsonContext } from './json-context.ts'
import { keyTextOf } from './map-key.ts'
import { numberText } from './number-text.ts'
import { oncePerType } from './once-per-type.ts'
import { quote } from './quote.ts'
import { writeAny } from './write-any.ts'

/**
 * Checks a value and returns its JSON.
 *
 * @throws RpcError if the value does not fit
 */
export type Writer = (value: unknown, context: JsonContext) => string

export const writerOf: (type: Type) => Writer = oncePerType(compile)

function compile(type: Type): Writer {
  const wire = wireType(type)
  if (isIntegerType(wire)) return integer(wire)
  switch (wire.kind) {
    case 'string':
      return (value, context) => quote(typeof value === 'string' ? value : context.check(wire, value), context)
    case 'bool':
      return (value, context) => String(typeof value === 'boolean' ? value : context.check(wire, value))
    case 'bytes':
      return (value, context) => `"${toBase64(context.check(wire, value))}"`
    case 'int64':
    case 'uint64':
      return (value, context) => String(context.check(wire, value))
    case 'float32':
      return (value, context) => numberText(Math.fround(context.check(wire, value)))
    case 'float64':
      return (value, context) => numberText(typeof value === 'number' ? value : context.check(wire, value))
    case 'timestamp':
      return (value, context) => {
        const text = isoText(context.check(wire, value))
        return text === undefined
          ? context.throwInvalid(
              'expected a moment of the years 0001 to 9999, since JSON mode writes it as an ISO 8601 string',
            )
          : `"${text}"`
      }
    case 'date':
      return (value, context) => `"${context.check(wire, value)}"`
    case 'any':
      return writeAny
    case 'optional': {
      const write = writerOf(wire.inner)
      return (value, context) => (value === undefined || value === null ? 'null' : write(value, context))
    }
    case 'default':
      return writerOf(wire.inner)
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
      return (value, context) => (write ??= writerOf(wire.target))(value, context)
    }
  }
}

function integer(type: IntegerType): Writer {
  const { min, max } = type
  return (value, context) => {
    const fits = Number.isInteger(value) && (value as number) >= min && (value as number) <= max
    return String(fits ? value : context.check(type, value))
  }
}

function list(type: ListType): Writer {
  const write = writerOf(type.element)
  return (value, context) => {
    if (!Array.isArray(value)) return context.throwMismatch('a list', value)
    return items(value, write, context)
  }
}

function set(type: SetType): Writer {
  const write = writerOf(type.element)
  return (value, context) => {
    if (!isSet(value)) return context.throwMismatch('a Set', value)
    context.count(value.size)
    return items([...value], write, context)
  }
}

function items(values: readonly unknown[], write: Writer, context: JsonContext): string {
  context.count(values.length)
  let text = '['
  for (let i = 0; i < values.length; i++) {
    context.enter(i)
    if (i > 0) text += ','
    text += write(values[i], context)
    context.leave()
  }
  return `${text}]`
}

function record(type: RecordType): Writer {
  const write = writerOf(type.value)
  return (value, context) => {
    if (!isPlainObject(value)) return context.throwMismatch('a plain object', value)
    const keys = Object.keys(value)
    context.count(2 * keys.length)
    let text = ''
    for (const key of keys) {
      context.enter(key)
      text += `${text === '' ? '' : ','}${quote(key, context)}:${write(value[key], context)}`
      context.leave()
    }
    return `{${text}}`
  }
}

function map(type: MapType): Writer {
  const keys = keyTextOf(type.key)
  const write = writerOf(type.value)
  return (value, context) => {
    if (!isMap(value)) return context.throwMismatch('a Map', value)
    context.count(2 * value.size)
    let text = ''
    for (const [key, member] of value) {
      context.enter(keySegment(key))
      const keyText =
        keys.format(context.check(type.key, key)) ??
        context.throwInvalid('expected a key that JSON mode can write as a string')
      text += `${text === '' ? '' : ','}${quote(keyText, context)}:${write(member, context)}`
      context.leave()
    }
    return `{${text}}`
  }
}

function enumeration(type: EnumType): Writer {
  const texts = new Map<unknown, string>(type.entries.map(({ value }) => [value, JSON.stringify(value)]))
  return (value, context) => texts.get(value) ?? String(context.check(type, value))
}

function struct(type: StructType): Writer {
  const known = new Set(type.fields.map((field) => field.name))
  const fields = type.fields.map((field, index) => ({
    name: field.name,
    // Plain objects inherit a member of this name.
    inherited: isInherited(field.name),
    start: `${index === 0 ? '{' : ','}${JSON.stringify(field.wireName)}:`,
    write: writerOf(field.type),
    zero: undefined as string | undefined,
    field,
  }))
  return (value, context) => {
    if (!isObject(value)) return context.throwMismatch(`an object (${type.tag})`, value)
    context.countFields(fields.length)
    let text = ''
    let present = 0
    for (const field of fields) {
      const given = field.inherited && !Object.hasOwn(value, field.name) ? undefined : value[field.name]
      if (given === undefined) {
        text += field.start + (field.zero ??= zeroText(type.tag, field, context))
      } else {
        present++
        context.enter(field.name)
        text += field.start + field.write(given, context)
        context.leave()
      }
    }
    // An instance of a class may have further members; in a plain object an unknown key is a mistake.
    if (countKeys(value) > present && isPlainObject(value)) {
      const unknown = Object.keys(value).find((key) => !known.has(key))
      if (unknown !== undefined) {
        context.enter(unknown)
        context.throwInvalid(`no such field in ${type.tag}`)
      }
    }
    return `${text === '' ? '{' : text}}`
  }
}

/**
 * Returns the JSON of a field that the value lacks.
 *
 * @throws RpcError if the field is required
 */
function zeroText(
  tag: string,
  { field, write }: { readonly field: Field; readonly write: Writer },
  context: JsonContext,
): string {
  context.enter(field.name)
  if (field.required) context.throwInvalid(`missing in ${tag}`)
  const text = write(field.type.zero(), context)
  context.leave()
  return text
}
