import { type EnumType, type Infer, type StructType, Timestamp, type Type } from '@aster/rpc-core'
import { dateOfDays, setKey, wireType } from '@aster/rpc-core/schema'
import fc from 'fast-check'

/** The depth of values of recursive types and of `t.any`. */
const DEPTH = 3
const ITEMS = { maxLength: 4 }

/** Returns an arbitrary of complete values of a type, edge values included. A codec must decode such a value to the same value. */
export function arbitraryValue<X extends Type>(type: X): fc.Arbitrary<Infer<X>> {
  return valueOf(type, DEPTH) as fc.Arbitrary<Infer<X>>
}

function valueOf(type: Type, depth: number): fc.Arbitrary<unknown> {
  const wire = wireType(type)
  switch (wire.kind) {
    case 'string':
      return text
    case 'bool':
      return fc.boolean()
    case 'bytes':
      return fc.uint8Array({ maxLength: 20 })
    case 'int':
    case 'int8':
    case 'int16':
    case 'int32':
    case 'uint8':
    case 'uint16':
    case 'uint32':
      return fc.integer({ min: wire.min, max: wire.max })
    case 'int64':
    case 'uint64':
      return fc.bigInt({ min: wire.min, max: wire.max })
    case 'float32':
      return fc.float()
    case 'float64':
      return fc.double()
    case 'timestamp':
      return moments
    case 'date':
      return fc.integer({ min: -719_162, max: 2_932_896 }).map((days) => dateOfDays(days) ?? '')
    case 'any':
      return anything(depth)
    case 'optional':
      return fc.option(
        valueOf(wire.inner, depth).filter((value) => value !== null),
        { nil: undefined },
      )
    case 'default':
      return valueOf(wire.inner, depth)
    case 'list':
      return depth <= 0 ? fc.constant([]) : fc.array(valueOf(wire.element, depth), ITEMS)
    case 'set':
      return fc.array(valueOf(wire.element, depth), ITEMS).map((items) => new Set(items))
    case 'record':
      return depth <= 0 ? fc.constant({}) : records(valueOf(wire.value, depth))
    case 'map':
      return depth <= 0
        ? fc.constant(new Map())
        : fc
            .array(fc.tuple(valueOf(wire.key, depth), valueOf(wire.value, depth)), ITEMS)
            .map((entries) => new Map(entries))
    case 'enum':
      return fc.constantFrom(...(wire as EnumType).entries.map(({ value }) => value))
    case 'struct':
      return structs(wire, depth)
    case 'lazy':
      // Every cycle of a recursive type passes here, and an empty container or an absent optional ends it.
      return fc.constant(wire).chain(({ target }) => valueOf(target, depth - 1))
  }
}

function structs(type: StructType, depth: number): fc.Arbitrary<unknown> {
  const members = type.fields.map((field) => {
    const wire = wireType(field.type)
    const value = depth <= 0 && wire.kind === 'optional' ? fc.constant(undefined) : valueOf(field.type, depth)
    return value.map((value): [string, unknown] => [field.name, value])
  })
  return fc.tuple(...members).map((entries) => Object.fromEntries(entries))
}

const text = fc.oneof(
  fc.string({ maxLength: 12 }),
  fc.string({ unit: 'binary', maxLength: 8 }),
  fc.constantFrom(
    '',
    '__proto__',
    'constructor',
    '\u0000',
    '"\\/\b\n\u2028',
    'é',
    '€',
    '😀',
    '\uFEFF',
    'ÿĀ',
    'x'.repeat(300),
  ),
)

const moments = fc
  .tuple(
    fc.integer({ min: -62_135_596_800, max: 253_402_300_799 }),
    fc.oneof(fc.constantFrom(0, 1000, 999_999_999), fc.nat(999_999_999)),
  )
  .map(([seconds, nanoseconds]) => new Timestamp(seconds, nanoseconds))

function records(value: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> {
  return fc.array(fc.tuple(text, value), ITEMS).map((entries) => {
    const record: Record<string, unknown> = {}
    for (const [key, value] of entries) setKey(record, key, value)
    return record
  })
}

/** Returns an arbitrary of values that every format carries without a declared type. */
function anything(depth: number): fc.Arbitrary<unknown> {
  const leaf = fc.oneof(fc.constant(null), fc.boolean(), fc.maxSafeInteger(), fc.double(), text)
  if (depth <= 0) return leaf
  const inner = anything(depth - 1)
  return fc.oneof(leaf, leaf, fc.array(inner, ITEMS), records(inner))
}
