import { type Kind, type StructType, t, type Type } from '@aster/rpc-core'
import { snakeCase } from '@aster/rpc-core/schema'
import fc from 'fast-check'

/** Options of `arbitrarySchema`. */
export interface ArbitrarySchemaOptions {
  /** Kinds that the format under test does not carry. @default none */
  readonly without?: readonly Kind[] | undefined
  /** The depth to which types are nested. @default 3 */
  readonly depth?: number | undefined
}

const leaves: readonly Type[] = [
  t.string,
  t.bool,
  t.bytes,
  t.int,
  t.int8,
  t.int16,
  t.int32,
  t.int64,
  t.uint8,
  t.uint16,
  t.uint32,
  t.uint64,
  t.float32,
  t.float64,
  t.timestamp,
  t.date,
  t.any,
]

/** Types that JavaScript compares by value and that every format takes as keys. */
const keys: readonly Type[] = [t.string, t.bool, t.int, t.int8, t.int16, t.int32, t.int64, t.uint8, t.uint16, t.uint32]

let made = 0

/** Returns an arbitrary of structs with arbitrary fields, nested and recursive. Tags and wire names are unique within a struct. */
export function arbitrarySchema(options: ArbitrarySchemaOptions = {}): fc.Arbitrary<StructType> {
  return structs(options.depth ?? 3, new Set(options.without))
}

function structs(depth: number, without: ReadonlySet<Kind>): fc.Arbitrary<StructType> {
  const field = fc.record({ name: fieldName, type: types(depth - 1, without), exact: fc.boolean() })
  const fields = fc.uniqueArray(field, { maxLength: 8, selector: (entry) => snakeCase(entry.name) })
  const recursion = fc.constantFrom('none', 'none', 'none', 'optional', 'list', 'record')
  return fc.tuple(tag, fields, recursion).map(([tag, fields, recursion]) => {
    const members = Object.fromEntries(
      fields.map(({ name, type, exact }) => [name, exact ? t.named(`${snakeCase(name)}ID`, type) : type]),
    )
    const self: Type = t.lazy(() => struct)
    if (recursion === 'optional') members['itself'] = t.optional(self)
    if (recursion === 'list' && !without.has('list')) members['itself'] = t.list(self)
    if (recursion === 'record' && !without.has('record')) members['itself'] = t.record(self)
    const struct: StructType = t.struct(tag, members)
    return struct
  })
}

function types(depth: number, without: ReadonlySet<Kind>): fc.Arbitrary<Type> {
  const leaf = fc.constantFrom(...leaves.filter((type) => !without.has(type.kind)))
  const choices: fc.Arbitrary<Type>[] = [leaf, leaf]
  const add = (kind: Kind, choice: () => fc.Arbitrary<Type>): void => {
    if (!without.has(kind)) choices.push(choice())
  }
  add('enum', enums)
  if (depth > 0) {
    const inner = types(depth - 1, without)
    const key = fc.oneof(fc.constantFrom(...keys.filter((type) => !without.has(type.kind))), enums())
    add('optional', () => inner.map((type) => (type.kind === 'optional' ? type : t.optional(type))))
    add('list', () => inner.map((type) => t.list(type)))
    add('set', () => key.map((type) => t.set(type)))
    add('record', () => inner.map((type) => t.record(type)))
    add('map', () => fc.tuple(key, inner).map(([key, value]) => t.map(key, value)))
    add('lazy', () => inner.map((type) => t.lazy(() => type)))
    add('struct', () => structs(depth, without))
  }
  return fc.oneof(...choices)
}

function enums(): fc.Arbitrary<Type> {
  const value = fc.oneof(fc.string({ maxLength: 5 }), fc.integer({ min: -5, max: 300 }))
  const values = fc.uniqueArray(value, { minLength: 1, maxLength: 5, selector: String })
  return fc
    .tuple(tag, values)
    .map(([tag, values]) => t.enum(tag, Object.fromEntries(values.map((value, i) => [`M${i}`, value]))))
}

/** Tags of letters in both cases and digits, of any length, which formats pack in different ways. */
const tag = fc
  .tuple(
    fc.constantFrom('', 'fuzz/', 'Fuzz2/', 'a_long.name_space.of_the_fuzzer/', 'größe-x/'),
    fc.stringMatching(/^[A-Za-z]\w{0,20}$/),
  )
  .map(([namespace, name]) => `${namespace}${name}_${made++}`)

const fieldName = fc.oneof(
  fc.stringMatching(/^[a-z][a-zA-Z0-9]{0,8}$/),
  fc.constantFrom('constructor', 'toString', 'hasOwnProperty', 'valueOf', 'URLPath', 'größe', 'a_b', 'x1'),
)
