import fc from 'fast-check'
import { type Declaration, type Node, parseType, type SchemaOptions } from '../test/oracle-schema.ts'
import type { Json } from '../test/oracle-value.ts'

/** A schema and values in the notation of `fory_oracle.py`, and how the schema is translated here. */
export interface Cases {
  readonly types: readonly Declaration[]
  readonly messages: readonly Message[]
  readonly options: SchemaOptions
  readonly generateCode: boolean
}

export interface Message {
  readonly root: string
  readonly value: Json
}

interface Schema {
  readonly types: readonly Declaration[]
  readonly structs: ReadonlyMap<string, ReadonlyMap<string, Node>>
  readonly enums: ReadonlyMap<string, readonly string[]>
}

const DEPTH = 3

/** Returns several messages for each schema, since pyfory takes longer to create a schema than to use it. */
export function arbitraryCases(): fc.Arbitrary<Cases> {
  return schemas().chain((schema) => {
    const structs = fc.constantFrom(...Array.from(schema.structs.keys(), (tag) => `struct<${tag}>`))
    const root = fc.oneof({ weight: 9, arbitrary: structs }, { weight: 1, arbitrary: fc.constant('any') })
    const message = root.chain((root) => valueOf(schema, parseType(root), DEPTH).map((value) => ({ root, value })))
    return fc.record({
      types: fc.constant(schema.types),
      messages: fc.array(message, { minLength: 1, maxLength: 6, size: 'max' }),
      options: fc.record({ nullableParts: fc.boolean() }),
      generateCode: fc.boolean(),
    })
  })
}

function schemas(): fc.Arbitrary<Schema> {
  return fc.uniqueArray(tags, { minLength: 1, maxLength: 5 }).chain((tags) =>
    fc.integer({ min: 1, max: tags.length }).chain((structs) => {
      const structTags = tags.slice(0, structs)
      const enumTags = tags.slice(structs)
      const type = typeText(structTags, enumTags)
      return fc
        .tuple(
          fc.tuple(...structTags.map(() => fc.dictionary(fieldNames, type, { maxKeys: 8 }))),
          fc.tuple(...enumTags.map(() => fc.integer({ min: 1, max: 200 }))),
        )
        .map(([fields, sizes]) => {
          const enums = enumTags.map((tag, i) => ({
            tag,
            enum: Array.from({ length: sizes[i] ?? 1 }, (_, n) => `M${n}`),
          }))
          const declared = structTags.map((tag, i) => ({ tag, fields: { ...fields[i] } }))
          return {
            types: [...declared, ...enums],
            structs: new Map(
              declared.map((each) => [
                each.tag,
                new Map(Object.entries(each.fields).map(([name, text]) => [name, parseType(text)])),
              ]),
            ),
            enums: new Map(enums.map((each) => [each.tag, each.enum])),
          }
        })
    }),
  )
}

const tags = fc
  .tuple(
    fc.constantFrom(
      '',
      'q/',
      'interop/',
      'Interop2/',
      'a/b/',
      'a.b_c/',
      'com.example.service.that.is.very.long/',
      'größe-x/',
      '点/',
      'A/',
    ),
    fc.oneof(
      fc.stringMatching(/^[A-Z][a-z]{1,8}$/),
      fc.stringMatching(/^[A-Za-z]\w{0,24}$/),
      fc.stringMatching(/^[a-z]{1,4}[.$|_-][A-Za-z0-9]{1,20}$/),
      fc.constantFrom('A', '点', 'Outer.Inner', 'W'.repeat(22)),
    ),
  )
  .map(([namespace, name]) => namespace + name)

const fieldNames = fc.oneof(
  fc.stringMatching(/^[a-zA-Z_][a-zA-Z0-9_]{0,8}$/).filter((name) => !name.startsWith('__')),
  fc.constantFrom('constructor', 'toString', 'größe', '名前', '\u{20000}', '\ufa0e', 'URL', 'callId', 'call_id', '_x'),
)

const keyKinds = [
  'str', 'int', 'int8', 'int16', 'int32', 'int64', 'uint8', 'uint16', 'uint32', 'uint64', 'fixed_int32', 'fixed_int64', 'tagged_int64',
  'fixed_uint32', 'fixed_uint64', 'tagged_uint64', 'bool', 'bytes', 'date', 'timestamp', 'any',
] // prettier-ignore
const leafKinds = [...keyKinds, 'int', 'str', 'float', 'float32', 'float64', 'any']

function typeText(structTags: readonly string[], enumTags: readonly string[]): fc.Arbitrary<string> {
  const named = [...structTags.map((tag) => `struct<${tag}>`), ...enumTags.map((tag) => `enum<${tag}>`)]
  const leaf = fc.oneof(fc.constantFrom(...leafKinds), fc.constantFrom(...named))
  const key = fc.oneof(fc.constantFrom(...keyKinds), fc.constantFrom('str', ...enumTags.map((tag) => `enum<${tag}>`)))
  const optionally = (inner: fc.Arbitrary<string>): fc.Arbitrary<string> =>
    fc
      .tuple(inner, fc.boolean())
      .map(([text, optional]) => (optional && !text.startsWith('optional<') ? `optional<${text}>` : text))
  const { type } = fc.letrec<{ type: string }>((tie) => ({
    type: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      leaf,
      leaf.map((text) => `optional<${text}>`),
      optionally(tie('type')).map((text) => `list<${text}>`),
      optionally(key).map((text) => `set<${text}>`),
      fc.tuple(optionally(key), optionally(tie('type'))).map(([k, v]) => `map<${k},${v}>`),
      optionally(tie('type')).map((text) => `tuple<${text}>`),
      fc.tuple(tie('type'), tie('type')).map((pair) => `tuple<${pair.map(endable).map(dynamic).join()}>`),
    ),
  }))
  return optionally(type).map(endable)
}

/** Makes a struct that directly contains itself optional, since it would have no end. */
const endable = (text: string): string => (text.startsWith('struct<') ? `optional<${text}>` : text)

/**
 * Replaces types that differ in a dynamic position: Python distinguishes tuples from lists, and has no integers of 2^63 or
 * more.
 */
const dynamic = (text: string): string => (text.includes('tuple<') ? 'str' : text.replaceAll(/\w*uint64/g, 'uint32'))

/** Creates an arbitrary when it is needed, since types may contain themselves. */
const lazily = <T>(make: () => fc.Arbitrary<T>): fc.Arbitrary<T> => fc.constant(0).chain(make)

function valueOf(schema: Schema, node: Node, depth: number): fc.Arbitrary<Json> {
  const part = (inner: Node | undefined): fc.Arbitrary<Json> => lazily(() => valueOf(schema, inner ?? node, depth - 1))
  const size = { maxLength: depth <= 0 ? 0 : 4 }
  switch (node.kind) {
    case 'optional':
      return depth <= 0 ? fc.constant(null) : fc.option(part(node.args[0]))
    case 'list':
      return fc.array(part(node.args[0]), size)
    case 'tuple':
      return node.args.length === 1 ? fc.array(part(node.args[0]), size) : fc.tuple(...node.args.map(part))
    case 'set':
      return fc.uniqueArray(keyOf(schema, node.args[0] ?? node), { ...size, selector: identity })
    case 'map': {
      const entry = fc.tuple(keyOf(schema, node.args[0] ?? node), part(node.args[1]))
      return fc.uniqueArray(entry, { ...size, selector: ([key]) => identity(key) }).map(($map) => ({ $map }))
    }
    case 'struct': {
      const fields = [...(schema.structs.get(node.tag) ?? [])]
      return fc
        .tuple(...fields.map(([, inner]) => part(inner)))
        .map((values) => Object.fromEntries(values.map((value, i) => [fields[i]?.[0] ?? '', value])))
    }
    case 'enum':
      return fc.constantFrom(...(schema.enums.get(node.tag) ?? []))
    case 'any':
      return anything(schema, depth)
    default:
      return scalars[node.kind] ?? fc.constant(null)
  }
}

/** Returns keys and elements of sets that are equal in Python only if they are equal here. */
function keyOf(schema: Schema, node: Node): fc.Arbitrary<Json> {
  if (node.kind === 'optional') return fc.option(keyOf(schema, node.args[0] ?? node))
  if (node.kind !== 'any') return valueOf(schema, node, DEPTH)
  const enums = Array.from(schema.enums, ([tag, members]) =>
    fc.constantFrom(...members).map((name) => ({ $enum: tag, name })),
  )
  return fc.oneof(text, fc.integer({ min: 2 }), bytes, dates, fc.constant(null), ...enums)
}

const identity = (json: Json): string => JSON.stringify(json)

const text = fc.oneof(
  fc.string({ maxLength: 10 }),
  fc.string({ unit: fc.constantFrom('a', 'é', 'ÿ', 'Ā', '€', '\ufeff', '😀', '\u0000'), maxLength: 80 }),
  fc.string({ unit: 'binary', maxLength: 6 }),
  fc.constantFrom(
    '',
    '__proto__',
    '10',
    'x'.repeat(31),
    'x'.repeat(32),
    'é'.repeat(64),
    'y'.repeat(300),
    '€'.repeat(16),
  ),
)
const bytes = fc.uint8Array({ maxLength: 20 }).map((data) => ({ $bytes: Buffer.from(data).toString('hex') }))
const dates = fc.integer({ min: -719_162, max: 2_932_896 }).map(($date) => ({ $date }))
/** Quarters of a second. pyfory converts all other times through a double, and is sometimes wrong by a microsecond. */
const times = fc
  .tuple(fc.integer({ min: -(2 ** 31), max: 2 ** 32 }), fc.integer({ min: 0, max: 3 }))
  .map(([seconds, quarters]) => ({ $timestamp: [seconds, quarters * 250_000_000] }))

function integers(min: bigint, max: bigint): fc.Arbitrary<Json> {
  const edges = [
    0n,
    1n,
    -1n,
    63n,
    64n,
    -64n,
    -65n,
    127n,
    128n,
    8191n,
    8192n,
    2n ** 28n,
    2n ** 30n,
    2n ** 31n,
    2n ** 53n - 1n,
    2n ** 53n,
    2n ** 56n,
    min,
    max,
  ]
  return fc
    .oneof(
      fc.bigInt({ min, max }),
      fc.bigInt({ min: min < -300n ? -300n : min, max: max > 300n ? 300n : max }),
      fc.constantFrom(...edges.filter((n) => n >= min && n <= max)),
    )
    .map((n) => (n >= -(2n ** 53n) + 1n && n < 2n ** 53n ? Number(n) : { $int: String(n) }))
}

const doubles = fc.oneof(fc.double(), fc.integer().map(Number), fc.constantFrom(-0, 1e21, 0.5))
const notation = (value: number): Json =>
  Number.isFinite(value) && !Object.is(value, -0) ? value : { $float: Object.is(value, -0) ? '-0' : String(value) }

/** In a container pyfory writes no larger number; separate cases cover that. */
const belowTop = integers(0n, 2n ** 63n - 1n)
const scalars: Readonly<Record<string, fc.Arbitrary<Json>>> = {
  bool: fc.boolean(),
  int: integers(-(2n ** 63n), 2n ** 63n - 1n),
  int8: integers(-128n, 127n),
  int16: integers(-(2n ** 15n), 2n ** 15n - 1n),
  int32: integers(-(2n ** 31n), 2n ** 31n - 1n),
  int64: integers(-(2n ** 63n), 2n ** 63n - 1n),
  uint8: integers(0n, 255n),
  uint16: integers(0n, 2n ** 16n - 1n),
  uint32: integers(0n, 2n ** 32n - 1n),
  uint64: belowTop,
  fixed_int32: integers(-(2n ** 31n), 2n ** 31n - 1n),
  fixed_int64: integers(-(2n ** 63n), 2n ** 63n - 1n),
  tagged_int64: integers(-(2n ** 63n), 2n ** 63n - 1n),
  fixed_uint32: integers(0n, 2n ** 32n - 1n),
  fixed_uint64: integers(0n, 2n ** 64n - 1n),
  tagged_uint64: integers(0n, 2n ** 64n - 1n),
  float: doubles.map(notation),
  float64: doubles.map(notation),
  float32: fc.float().map(notation),
  str: text,
  bytes,
  date: dates,
  timestamp: times,
}

function anything(schema: Schema, depth: number): fc.Arbitrary<Json> {
  const leaf: fc.Arbitrary<Json> = fc.oneof(
    fc.constant(null),
    fc.boolean(),
    scalars['int'] ?? fc.constant(null),
    doubles.map((value) => ({ $float: Object.is(value, -0) ? '-0' : String(value) })),
    text,
    bytes,
    dates,
    times,
    ...Array.from(schema.enums, ([tag, members]) => fc.constantFrom(...members).map((name) => ({ $enum: tag, name }))),
  )
  if (depth <= 0) return leaf
  const inner = lazily(() => anything(schema, depth - 1))
  const keys = keyOf(schema, { kind: 'any', args: [], tag: '' })
  return fc.oneof(
    leaf,
    fc.array(inner, { maxLength: 4 }),
    fc.array(leaf, { maxLength: 4 }),
    fc.uniqueArray(keys, { maxLength: 4, selector: identity }).map(($set) => ({ $set })),
    fc
      .uniqueArray(fc.tuple(keys, inner), { maxLength: 4, selector: ([key]) => identity(key) })
      .map(($map) => ({ $map })),
    ...Array.from(schema.structs.keys(), (tag) =>
      lazily(() => valueOf(schema, { kind: 'struct', args: [], tag }, depth - 1)).map((fields) => ({
        $struct: tag,
        fields,
      })),
    ),
  )
}
