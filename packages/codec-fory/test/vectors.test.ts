import { RpcError, StatusCode, type Type } from '@aster/rpc-core'
import { describe, expect, it } from 'vitest'
import { ForyCodec, type ForyCodecOptions } from '../src/index.ts'
import { bytesOf, hexOf } from './hex.ts'
import { type Node, OracleSchema, parseType, type SchemaOptions } from './oracle-schema.ts'
import { canonicalValue, fromOracle, type Json } from './oracle-value.ts'
import { type Vector, vectors } from './vectors.ts'

/**
 * Values that Python has but our type does not have: read as another type with the same bytes and hash. The entries are
 * replacements in the text of the vector.
 */
const otherwise: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'null in a struct field that is not optional': { '"struct<interop/Point>"': '"any"' },
  'another struct in a struct field': {
    '"struct<interop/Point>"': '"any"',
    '{"x":1,"y":2}': '{"$struct":"interop/Point","fields":{"x":1,"y":2}}',
  },
  'spelling struct field with another value': { '"struct<interop/P>"': '"any"' },
  'spelling list of bool for list of int': { '"list<int>"': '"list<bool>"' },
}

const nameless = /^(tag ns\/|tag \/|names 3 .*)$/
const isDeep = ({ name, check }: Vector): boolean => name.startsWith('depth ') && check.includes('invalid')
const isTrailing = ({ name }: Vector): boolean => name === 'spelling trailing bytes'
const isMixed = ({ name }: Vector): boolean => name === 'spelling map mixed value types in chunks'
const usual = vectors
  .filter((vector) => !nameless.test(vector.name) && !isDeep(vector) && !isTrailing(vector) && !isMixed(vector))
  .map((vector) => {
    const changes = Object.entries(otherwise[vector.name] ?? {})
    return JSON.parse(changes.reduce((text, [from, to]) => text.replaceAll(from, to), JSON.stringify(vector))) as Vector
  })

interface Prepared {
  readonly schema: OracleSchema
  readonly node: Node
  readonly type: Type
  readonly codec: ForyCodec
  readonly value: unknown
}

function prepare(vector: Vector, schemaOptions: SchemaOptions, codecOptions: ForyCodecOptions): Prepared {
  const schema = new OracleSchema(vector.types, schemaOptions)
  const node = parseType(vector.root)
  const types = [...schema.structs.values(), ...schema.enums.values()]
  return {
    schema,
    node,
    type: schema.type(node),
    codec: new ForyCodec({ types, ...codecOptions }),
    value: fromOracle(schema, node, vector.value ?? null, schemaOptions.int),
  }
}

/** Checks one vector. `writer` is shared by all vectors, so that state of one would show in another. */
function verify(vector: Vector, schemaOptions: SchemaOptions, codecOptions: ForyCodecOptions, writer: ForyCodec): void {
  const { schema, node, type, codec, value } = prepare(vector, schemaOptions, codecOptions)
  const bytes = bytesOf(vector.hex)
  if (vector.check.includes('encode')) {
    const written = writer.encode(type, value)
    if (codecOptions.dialect === '0.16') expect(hexOf(written)).toBe(vector.hex)
    else expect(canonicalValue(schema, node, codec.decode(type, written))).toBe(canonicalValue(schema, node, value))
  }
  if (vector.check.includes('decode')) {
    expect(canonicalValue(schema, node, codec.decode(type, bytes))).toBe(canonicalValue(schema, node, value))
  }
  if (vector.check.includes('invalid')) expectFailure(codec, type, bytes)
}

function expectFailure(codec: ForyCodec, type: Type, bytes: Uint8Array): void {
  try {
    codec.decode(type, bytes)
  } catch (error) {
    if (
      error instanceof RpcError &&
      (error.code === StatusCode.DATA_LOSS || error.code === StatusCode.CONTRACT_VIOLATION)
    )
      return
    throw error
  }
  expect.fail('expected an RpcError, found a value')
}

/** The test takes some seconds on an idle machine. */
const TIMEOUT_MS = 60_000

/**
 * Returns whether the value has a null in a place in which the declared type of an element, key or value has none: pyfory
 * does not check.
 */
function hasBareNull(schema: OracleSchema, node: Node, json: Json | undefined): boolean {
  if (json === null || json === undefined) return false
  const inner = (i: number): Node => node.args[i] ?? node
  const part = (arg: Node, item: Json): boolean =>
    item === null ? arg.kind !== 'optional' && arg.kind !== 'any' : hasBareNull(schema, arg, item)
  switch (node.kind) {
    case 'optional':
      return hasBareNull(schema, inner(0), json)
    case 'list':
    case 'set':
      return (json as Json[]).some((item) => part(inner(0), item))
    case 'tuple':
      return (json as Json[]).some((item, i) => part(node.args.length === 1 ? inner(0) : inner(i), item))
    case 'map':
      return (json as { $map: [Json, Json][] }).$map.some(([k, v]) => part(inner(0), k) || part(inner(1), v))
    case 'struct':
      return Array.from(schema.fields.get(node.tag) ?? []).some(([name, arg]) =>
        hasBareNull(schema, arg, (json as Record<string, Json>)[name]),
      )
    default:
      return false
  }
}

/** Runs one pass over all vectors. */
function pass(schemaOptions: SchemaOptions, codecOptions: ForyCodecOptions): void {
  const writer = new ForyCodec(codecOptions)
  for (const vector of usual) {
    const text = JSON.stringify(vector.value ?? null)
    if (schemaOptions.int === 't.int' && text.includes('"$int"')) continue
    // A plain object moves such keys to the front.
    if (schemaOptions.records === true && /\["(0|[1-9]\d*)",/.test(text)) continue
    const schema = new OracleSchema(vector.types)
    if (schemaOptions.nullableParts !== true && hasBareNull(schema, parseType(vector.root), vector.value)) continue
    try {
      verify(vector, schemaOptions, codecOptions, writer)
    } catch (error) {
      throw new Error(`vector '${vector.name}'`, { cause: error })
    }
  }
}

describe('the golden vectors of pyfory 0.16', () => {
  it.each<[string, SchemaOptions, ForyCodecOptions]>([
    ['are what is written and read', {}, {}],
    ['are written and read without generated code', {}, { generateCode: false }],
    ['are written and read with t.int and t.record', { int: 't.int', records: true }, {}],
    ['are written and read where every part may be null', { nullableParts: true }, { generateCode: false }],
    ['are read in the dialect of pyfory 0.17, which reads what it writes', {}, { dialect: '0.17' }],
  ])('%s', (_, schemaOptions, options) => pass(schemaOptions, { dialect: '0.16', ...options }), TIMEOUT_MS)
})

describe('the vectors with another outcome than in pyfory', () => {
  it('are refused with bytes after the message', () => {
    for (const vector of vectors.filter(isTrailing)) {
      const { codec, type } = prepare(vector, {}, {})
      expectFailure(codec, type, bytesOf(vector.hex))
    }
  })

  it('are refused if a map of integers contains a string', () => {
    for (const vector of vectors.filter(isMixed)) {
      const schema = new OracleSchema(vector.types)
      expectFailure(new ForyCodec(), schema.type(parseType(vector.root)), bytesOf(vector.hex))
    }
  })

  it('are read beyond the 50 levels of pyfory', () => {
    for (const vector of vectors.filter(isDeep)) {
      const { codec, type } = prepare(vector, {}, {})
      expect(codec.decode(type, bytesOf(vector.hex))).toBeDefined()
    }
  })

  it('are only those, and those with a tag that no struct here can have', () => {
    expect(vectors.length).toBe(1595)
    expect(vectors.filter(isTrailing)).toHaveLength(1)
    expect(vectors.filter(isMixed)).toHaveLength(1)
    expect(vectors.filter(isDeep)).toHaveLength(7)
    expect(vectors.filter(({ name }) => nameless.test(name))).toHaveLength(7)
  })
})
