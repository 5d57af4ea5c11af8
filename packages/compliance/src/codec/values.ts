import { t, Timestamp, type Type } from '@aster/rpc-core'
import { wireType } from '@aster/rpc-core/schema'

/** An enum of strings. */
export const Color = t.enum('compliance/Color', { RED: 'red', GREEN: 'green', BLUE: 'blue' })
const Level = t.enum('compliance/Level', { LOW: 1, HIGH: 10 })
/** A struct of two numbers. */
export const Point = t.struct('compliance/Point', { x: t.int, y: t.int })

/** The value of the struct `Node`. */
export interface Node {
  value: number
  children: Node[]
}
/** A struct that contains itself. */
export const Node: Type<Node> = t.struct('compliance/Node', { value: t.int, children: t.list(t.lazy(() => Node)) })

/** A type of every kind, with values that are decoded to themselves; the last value of each type is small. */
export const values: readonly (readonly [type: Type, values: readonly unknown[]])[] = [
  [
    t.string,
    [
      '',
      'hello',
      '"\\/\b\f\n\r\t\u0000\u007f',
      'é',
      'ÿĀ',
      '€',
      '😀',
      'a😀€é',
      '\uFEFFbom',
      '\u2028',
      'x'.repeat(5000),
      'a"é😀',
    ],
  ],
  [t.bool, [true, false]],
  [t.bytes, [new Uint8Array(0), new Uint8Array(5000).fill(7), Uint8Array.of(0, 1, 127, 128, 255)]],
  [t.int, [0, 1, -1, 63, 64, -65, 2 ** 31, -(2 ** 31) - 1, 2 ** 32, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER]],
  [t.int8, [0, 127, -128]],
  [t.int16, [0, 32_767, -32_768]],
  [t.int32, [0, 2 ** 31 - 1, -(2 ** 31)]],
  [t.uint8, [0, 255]],
  [t.uint16, [0, 65_535]],
  [t.uint32, [0, 2 ** 32 - 1]],
  [t.int64, [0n, 1n, -1n, 2n ** 53n, 2n ** 53n + 1n, -(2n ** 53n) - 1n, 2n ** 63n - 1n, -(2n ** 63n)]],
  [t.uint64, [0n, 2n ** 53n + 1n, 2n ** 63n, 2n ** 64n - 1n]],
  [t.float32, [0, -0, 1.5, -2, 3.4028234663852886e38, 1.401298464324817e-45, Number.NaN, Infinity, -Infinity]],
  [
    t.float64,
    [0, -0, 1, 0.1, -1.5, 1e21, 2 ** 53, 2 ** 60, 5e-324, 1.7976931348623157e308, Number.NaN, Infinity, -Infinity],
  ],
  [
    t.timestamp,
    [
      Timestamp.EPOCH,
      new Timestamp(1_767_323_045, 6000),
      new Timestamp(-1, 999_999_999),
      Timestamp.parse('0001-01-01T00:00:00Z'),
      Timestamp.parse('9999-12-31T23:59:59.999999Z'),
    ],
  ],
  [t.date, ['1970-01-01', '2024-02-29', '0001-01-01', '9999-12-31']],
  [
    t.any,
    [
      null,
      true,
      0,
      -1,
      1.5,
      -0,
      Number.NaN,
      2 ** 60,
      1e300,
      'text',
      [],
      [1, 'a', null, [2]],
      {},
      { a: 1, b: { c: [null] } },
    ],
  ],
  [t.optional(t.string), [undefined, '', 'x']],
  [t.optional(t.int), [undefined, 0, 5]],
  [t.optional(Point), [undefined, { x: 1, y: 2 }]],
  [t.list(t.int), [[], Array.from({ length: 1000 }, (_, i) => i), [1, 2, 3]]],
  [t.list(t.optional(t.int)), [[undefined], [1, undefined, 3]]],
  [t.list(t.list(t.string)), [[], [[]], [['a'], [], ['b', 'c']]]],
  [t.set(t.string), [new Set(), new Set(['a', 'b'])]],
  [t.set(t.int64), [new Set([1n, 2n ** 62n])]],
  [t.record(t.int), [{}, { a: 1, '': 2, '10': 3, 'é😀"': 4, constructor: 5 }]],
  [t.record(t.optional(t.string)), [{ a: undefined, b: 'x' }]],
  [
    t.map(t.string, t.int),
    [
      new Map(),
      new Map(Array.from({ length: 600 }, (_, i) => [`k${i}`, i])),
      new Map([
        ['a', 1],
        ['10', 2],
      ]),
    ],
  ],
  [
    t.map(t.int, t.string),
    [
      new Map([
        [1, 'a'],
        [-2, 'b'],
        [Number.MAX_SAFE_INTEGER, 'c'],
      ]),
    ],
  ],
  [
    t.map(t.int64, t.bool),
    [
      new Map([
        [2n ** 63n - 1n, true],
        [-(2n ** 63n), false],
      ]),
    ],
  ],
  [
    t.map(t.bool, t.int),
    [
      new Map([
        [true, 1],
        [false, 0],
      ]),
    ],
  ],
  [t.map(Color, Point), [new Map([['green', { x: 1, y: 2 }]])]],
  [
    t.map(Level, t.optional(t.int)),
    [
      new Map([
        [10, undefined],
        [1, 4],
      ]),
    ],
  ],
  [Color, ['red', 'green', 'blue']],
  [Level, [1, 10]],
  [
    Point,
    [
      { x: 0, y: 0 },
      { x: 1, y: -1 },
    ],
  ],
  [t.struct('compliance/Empty', {}), [{}]],
  [
    Node,
    [
      {
        value: 1,
        children: [
          { value: 2, children: [] },
          { value: 3, children: [{ value: 4, children: [] }] },
        ],
      },
    ],
  ],
]

/** Returns a short string for a type in titles, such as `list<optional<int>>`. */
export function typeText(type: Type): string {
  const wire = wireType(type)
  switch (wire.kind) {
    case 'optional':
      return `optional<${typeText(wire.inner)}>`
    case 'default':
      return `default<${typeText(wire.inner)}>`
    case 'list':
    case 'set':
      return `${wire.kind}<${typeText(wire.element)}>`
    case 'record':
      return `record<${typeText(wire.value)}>`
    case 'map':
      return `map<${typeText(wire.key)}, ${typeText(wire.value)}>`
    case 'enum':
    case 'struct':
      return wire.tag
    default:
      return wire.kind
  }
}

/** Returns the fields and nested structs of a struct as a string, for counterexamples. */
export function schemaText(type: Type, seen: Set<Type> = new Set()): string {
  const wire = wireType(type)
  switch (wire.kind) {
    case 'struct': {
      if (seen.has(wire)) return wire.tag
      seen.add(wire)
      const fields = wire.fields.map((field) => `${field.name} as ${field.wireName}: ${schemaText(field.type, seen)}`)
      return `struct ${wire.tag} { ${fields.join('; ')} }`
    }
    case 'optional':
      return `optional<${schemaText(wire.inner, seen)}>`
    case 'default':
      return `default<${schemaText(wire.inner, seen)}>`
    case 'list':
    case 'set':
      return `${wire.kind}<${schemaText(wire.element, seen)}>`
    case 'record':
      return `record<${schemaText(wire.value, seen)}>`
    case 'map':
      return `map<${schemaText(wire.key, seen)}, ${schemaText(wire.value, seen)}>`
    case 'lazy':
      return `lazy ${schemaText(wire.target, seen)}`
    case 'enum':
      return `enum ${wire.tag} [${wire.entries.map(({ value }) => JSON.stringify(value)).join(', ')}]`
    default:
      return wire.kind
  }
}
