import type {
  BigintType,
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
import { Timestamp } from '@aster/rpc-core'
import {
  countKeys,
  enumMismatch,
  fromBase64,
  hasOwnDefault,
  isInherited,
  isIntegerType,
  isObject,
  isWellFormed,
  setKey,
  wireType,
} from '@aster/rpc-core/schema'
import { assertExact } from './exact-numbers.ts'
import type { JsonContext } from './json-context.ts'
import { keyTextOf } from './map-key.ts'
import { oncePerType } from './once-per-type.ts'
import { readAny } from './read-any.ts'

/** Converts the result of `JSON.parse` or `parseJson` to a value of a type. */
export type Reader = (json: unknown, context: JsonContext) => unknown

export const readerOf: (type: Type) => Reader = oncePerType(compile)

function compile(type: Type): Reader {
  const wire = wireType(type)
  if (isIntegerType(wire)) return integer(wire)
  switch (wire.kind) {
    case 'string':
      return (json, context) => {
        if (typeof json === 'string' && !context.options.surrogates) return json
        return context.check(wire, json)
      }
    case 'bool':
    case 'date':
      return (json, context) => context.check(type, json)
    case 'bytes':
      return (json, context) => {
        const bytes = typeof json === 'string' ? fromBase64(json) : undefined
        return bytes ?? context.throwMismatch('bytes as a base64 string', json)
      }
    case 'int64':
    case 'uint64':
      return bigint(wire)
    case 'float32':
      return (json, context) => Math.fround(float(json, context, wire))
    case 'float64':
      return (json, context) => (typeof json === 'number' ? json : float(json, context, wire))
    case 'timestamp':
      return timestamp
    case 'any':
      return readAny
    case 'optional': {
      const read = readerOf(wire.inner)
      return (json, context) => (json === null ? undefined : read(json, context))
    }
    case 'default':
      return readerOf(wire.inner)
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
      return (json, context) => (read ??= readerOf(wire.target))(json, context)
    }
  }
}

function integer(type: IntegerType): Reader {
  const { kind, min, max } = type
  return (json, context) => {
    // Adding 0 turns −0 into 0.
    if (Number.isInteger(json) && (json as number) >= min && (json as number) <= max) return (json as number) + 0
    assertExact(json, context)
    if (typeof json !== 'bigint') return context.check(type, json)
    const hint = kind === 'int' ? '; use t.int64 for the whole 64-bit range' : ''
    return context.throwInvalid(
      `expected an integer from ${min} to ${max} (${kind}), found ${integerText(json)}${hint}`,
    )
  }
}

function bigint(type: BigintType): Reader {
  return (json, context) => {
    assertExact(json, context)
    if (Number.isSafeInteger(json)) return context.check(type, BigInt(json as number))
    return typeof json === 'bigint'
      ? context.check(type, json)
      : context.throwMismatch(`an integer (${type.kind})${Number.isInteger(json) ? ' in digits' : ''}`, json)
  }
}

function integerText(value: bigint): string {
  const text = String(value)
  return text.length <= 40 ? text : `one of ${text.length} digits`
}

function float(json: unknown, context: JsonContext, type: Type<number>): number {
  return typeof json === 'bigint' ? Number(json) : context.check(type, json)
}

function timestamp(json: unknown, context: JsonContext): Timestamp {
  if (typeof json !== 'string') return context.throwMismatch('a timestamp as an ISO 8601 string', json)
  try {
    return Timestamp.parse(json)
  } catch (error) {
    return context.throwInvalid((error as Error).message)
  }
}

function list(type: ListType): Reader {
  const read = readerOf(type.element)
  return (json, context) => items(json, read, context)
}

function set(type: SetType): Reader {
  const read = readerOf(type.element)
  return (json, context) => {
    // Elements of sets count twice, as entries of maps do: each has to be looked up.
    if (Array.isArray(json)) context.count(json.length)
    return new Set(items(json, read, context))
  }
}

function items(json: unknown, read: Reader, context: JsonContext): unknown[] {
  if (!Array.isArray(json)) return context.throwMismatch('a list', json)
  context.count(json.length)
  const values: unknown[] = []
  for (let i = 0; i < json.length; i++) {
    context.enter(i)
    values.push(read(json[i], context))
    context.leave()
  }
  return values
}

function record(type: RecordType): Reader {
  const read = readerOf(type.value)
  return (json, context) => {
    const out: Record<string, unknown> = {}
    for (const [key, member] of entries(json, context)) {
      context.enter(key)
      setKey(out, key, read(member, context))
      context.leave()
    }
    return out
  }
}

function map(type: MapType): Reader {
  const keys = keyTextOf(type.key)
  const read = readerOf(type.value)
  return (json, context) => {
    const out = new Map<unknown, unknown>()
    for (const [text, member] of entries(json, context)) {
      context.enter(text)
      const key = keys.parse(text)
      if (key === undefined) context.throwInvalid(keys.mismatch(text))
      out.set(keys.complete ? key : context.check(type.key, key), read(member, context))
      context.leave()
    }
    return out
  }
}

function entries(json: unknown, context: JsonContext): [string, unknown][] {
  if (!isObject(json)) return context.throwMismatch('an object', json)
  const found = Object.entries(json)
  context.count(2 * found.length)
  if (context.options.surrogates && !found.every(([key]) => isWellFormed(key)))
    context.throwInvalid('expected keys without lone surrogates')
  return found
}

function enumeration(type: EnumType): Reader {
  const { unknown } = type
  return (json, context) => {
    if (type.ordinalOf(json) !== undefined) return json
    // A newer definition may have any string or number as a member.
    const isScalar = typeof json === 'string' || typeof json === 'number' || typeof json === 'bigint'
    return unknown !== undefined && isScalar ? unknown : context.throwInvalid(enumMismatch(type, json))
  }
}

function struct(type: StructType): Reader {
  const known = new Set(type.fields.map((field) => field.wireName))
  const ofProtocol = type.namespace === '_aster'
  const fields = type.fields.map((field) => ({
    name: field.name,
    wireName: field.wireName,
    // An object without an own member of this name inherits one.
    inherited: isInherited(field.wireName),
    field,
    read: readerOf(field.type),
  }))
  return (json, context) => {
    if (!isObject(json)) return context.throwMismatch(`an object (${type.tag})`, json)
    context.countFields(fields.length)
    const out: Record<string, unknown> = {}
    let present = 0
    for (const field of fields) {
      const found = field.inherited && !Object.hasOwn(json, field.wireName) ? undefined : json[field.wireName]
      if (found !== undefined) {
        present++
        context.enter(field.wireName)
        out[field.name] = field.read(found, context)
        context.leave()
      } else if (mayBeMissing(field.field, ofProtocol || context.options.defaults)) {
        out[field.name] = field.field.type.zero()
      } else {
        context.enter(field.wireName)
        context.throwInvalid(`missing in ${type.tag}`)
      }
    }
    if (countKeys(json) > present && !context.options.ignoreUnknown) {
      context.enter(Object.keys(json).find((key) => !known.has(key)) ?? '')
      context.throwInvalid(`no such field in ${type.tag}`)
    }
    return out
  }
}

function mayBeMissing({ type, required }: Field, defaults: boolean): boolean {
  return defaults ? !required : hasOwnDefault(type)
}
