import { contractId } from '@aster/contract'
import {
  allOf,
  bidiStream,
  clientStream,
  defineService,
  serverStream,
  type StructType,
  t,
  Timestamp,
  type Type,
  unary,
} from '@aster/rpc-core'
import { describe, expect, it } from 'vitest'
import {
  describedContractId,
  describeServices,
  type Description,
  parseDescription,
  parseDescriptionText,
  type StructDescription,
  toDefinitions,
  withWireNames,
} from './index.ts'

const Color = t.enum('shop/Color', { RED: 'red', BLUE: 'blue' }, { unknown: 'other' })
const Level = t.enum('shop/Level', { LOW: 1, HIGH: 10 })
const Point = t.struct('shop/Point', { xPos: t.withDefault(t.int, 7), y: t.named('Y', t.float64) })
const Numbers = t.struct('shop/Numbers', {
  a: t.int,
  b: t.int8,
  c: t.int16,
  d: t.int32,
  e: t.int64,
  f: t.uint8,
  g: t.uint16,
  h: t.uint32,
  i: t.uint64,
  j: t.float32,
  k: t.float64,
})
interface Node {
  value: string
  next: Node | undefined
  children: Node[]
}
const Node: Type<Node> = t.struct('Node', {
  value: t.string,
  next: t.optional(t.lazy(() => Node)),
  children: t.list(t.lazy(() => Node)),
})
const Everything = t.struct(
  'shop/Everything',
  {
    color: t.withDefault(Color, 'blue'),
    level: Level,
    when: t.withDefault(t.timestamp, Timestamp.parse('2026-01-02T03:04:05.000006Z')),
    day: t.withDefault(t.date, '2026-01-02'),
    maybePoint: t.optional(Point),
    point: t.withDefault(Point, { xPos: 1 }),
    numbers: Numbers,
    big: t.withDefault(t.int64, 2n ** 60n),
    ratio: t.withDefault(t.float64, Number.NaN),
    flag: t.withDefault(t.bool, true),
    blob: t.withDefault(t.bytes, Uint8Array.of(1, 2, 255)),
    tags: t.withDefault(t.set(t.string), new Set(['a'])),
    labels: t.withDefault(t.record(t.string), { ['__proto__']: 'x', b: 'y' }),
    byId: t.withDefault(t.map(t.int, Point), new Map([[1, { y: 2 }]])),
    matrix: t.list(t.list(t.optional(t.int))),
    anything: t.any,
    other: t.withDefault(t.any, { list: [1, 'a', null] }),
  },
  { required: true },
)
const Shop = defineService({
  name: 'my shop',
  version: 3,
  scope: 'session',
  requires: 'ops',
  maxMessageBytes: 1000,
  methods: {
    find: unary(Point, Everything, { idempotent: true, timeoutMs: 1500, requires: allOf('a', 'b') }),
    many: serverStream(t.string, t.optional(Point), { wireName: 'manyOf', maxMessageBytes: 5 }),
    up: clientStream(Node, t.list(t.int)),
    chat: bidiStream(Node, Node),
  },
})
const Again = defineService({ name: 'my shop', methods: { find: unary(Point, Level) } })

const viaText = (description: Description): Description => parseDescriptionText(JSON.stringify(description))

describe('describeServices', () => {
  const description = describeServices([Shop, Again], { source: 'a test' })

  it('describes services, methods and types, each type once and after its parts', () => {
    expect(description).toMatchObject({
      asterDescription: 1,
      source: 'a test',
      services: [
        {
          name: 'my shop',
          constant: 'MyShop',
          version: 3,
          scope: 'session',
          requires: { kind: 'role', roles: ['ops'] },
          maxMessageBytes: 1000,
          serializationModes: ['xlang', 'json'],
          contractId: contractId(Shop, { serializationModes: ['xlang', 'json'] }),
          methods: [
            {
              name: 'find',
              wireName: 'find',
              kind: 'unary',
              idempotent: true,
              timeoutMs: 1500,
              requires: { kind: 'allOf', roles: ['a', 'b'] },
              request: { kind: 'struct', name: 'Point' },
              response: { kind: 'struct', name: 'Everything' },
            },
            {
              name: 'many',
              wireName: 'manyOf',
              kind: 'serverStream',
              maxMessageBytes: 5,
              response: { kind: 'optional', inner: { kind: 'struct', name: 'Point' } },
            },
            { kind: 'clientStream', response: { kind: 'list', element: { kind: 'int' } } },
            { kind: 'bidiStream' },
          ],
        },
        { constant: 'MyShopV1', version: 1, scope: 'shared' },
      ],
    })
    expect(description.types.map(({ name }) => name)).toEqual([
      'Point',
      'Color',
      'Level',
      'Numbers',
      'Everything',
      'Node',
    ])
    expect(description.types[0]).toEqual({
      kind: 'struct',
      name: 'Point',
      tag: 'shop/Point',
      fields: [
        { name: 'xPos', wireName: 'x_pos', type: { kind: 'int' }, default: 7 },
        { name: 'y', wireName: 'Y', type: { kind: 'float64' } },
      ],
    })
  })

  it('loses nothing: definitions made from it have the same description and the same ids', () => {
    const definitions = toDefinitions(viaText(description))
    expect(describeServices(definitions.services.map(({ definition }) => definition))).toEqual({
      ...description,
      source: undefined,
    })
    for (const service of definitions.services)
      expect(describedContractId(definitions, service)).toBe(service.description.contractId)
  })

  it('keeps defaults of every kind', () => {
    const again = toDefinitions(viaText(description)).types.get('Everything') as StructType
    for (const field of Everything.fields.filter((one) => one.type.kind === 'default'))
      expect(again.fields.find(({ name }) => name === field.name)?.type.zero(), field.name).toEqual(field.type.zero())
  })

  it('describes numbers of other widths by the mark of the codec', () => {
    const marked = { ...t.int64, [Symbol.for('aster.fory.format')]: 'taggedInt64' }
    const One = t.struct('x/One', { n: marked })
    const { types } = describeServices([defineService({ name: 'S', methods: { m: unary(One, One) } })])
    expect(types).toMatchObject([{ fields: [{ type: { kind: 'taggedInt64' } }] }])
    const { types: made } = toDefinitions({ asterDescription: 1, services: [], types })
    expect((made.get('One') as StructType).fields[0]?.type).toMatchObject(marked)
  })

  it('adds the namespace to the names of types that would have the same name', () => {
    const A = t.struct('a/Same', {})
    const B = t.struct('b/Same', { a: A })
    const { types } = describeServices([defineService({ name: 'Same', methods: { m: unary(A, B) } })])
    expect(types.map(({ name }) => name)).toEqual(['Same', 'BSame'])
  })

  it('refuses a type that contains itself without a struct in between', () => {
    const Endless: Type = t.list(t.lazy(() => Endless))
    const Service = defineService({ name: 'S', methods: { m: unary(Endless, t.int) } })
    expect(() => describeServices([Service], { contractIds: false })).toThrow(
      'service S, method m: a type contains itself; put a t.struct in between',
    )
  })
})

it('withWireNames renames methods and fields to their wire names, in defaults as well', () => {
  const Outer = t.struct('x/Outer', { innerPoint: t.withDefault(Point, { xPos: 5 }) })
  const Service = defineService({ name: 'S', methods: { sayHello: unary(Outer, Outer) } })
  const { services, types } = toDefinitions(withWireNames(describeServices([Service])))
  expect(Object.keys(services[0]?.definition.methods ?? {})).toEqual(['say_hello'])
  const struct = types.get('Outer') as StructType
  expect(struct.fields).toMatchObject([{ name: 'inner_point', wireName: 'inner_point' }])
  expect(struct.zero()).toEqual({ inner_point: { x_pos: 5, Y: 0 } })
})

const METHOD = { kind: 'unary', request: { kind: 'int' }, response: { kind: 'int' } }

describe('parseDescription', () => {
  const good = { asterDescription: 1, services: [], types: [] }
  const struct = (...fields: unknown[]) => ({ ...good, types: [{ kind: 'struct', name: 'A', tag: 'x/A', fields }] })
  const field = (type: unknown, more: object = {}) => struct({ name: 'a', wireName: 'a', type, ...more })
  const service = (change: object) => ({
    ...good,
    services: [
      { name: 'S', constant: 'S', version: 1, scope: 'shared', serializationModes: ['xlang'], methods: [], ...change },
    ],
  })
  it.each([
    [undefined, 'expected a description, an object, found nothing'],
    [{}, 'asterDescription: missing'],
    [{ ...good, asterDescription: 2 }, 'asterDescription: expected 1, the version of the format, found the integer 2'],
    [{ ...good, services: 5 }, 'services: expected a list of services, found the integer 5'],
    [service({ scope: 'both' }), "services[0].scope: expected 'shared' or 'session', found \"both\""],
    [service({ version: 0 }), 'services[0].version: expected a positive integer, found the integer 0'],
    [service({ contractId: 'ab' }), 'services[0].contractId: expected 64 hex digits, found "ab"'],
    [
      field({ kind: 'text' }),
      "types[0].fields[0].type.kind: expected a type, an object with a kind such as 'string' or",
    ],
    [field({ kind: 'list', element: 'int' }), 'types[0].fields[0].type.element: expected a type'],
    [field({ kind: 'enum', name: 'A' }), 'types[0].fields[0].type.name: expected an enum of the types, found "A"'],
    [field({ kind: 'struct', name: 'B' }), 'types[0].fields[0].type.name: expected a struct of the types, found "B"'],
    [
      struct({ wireName: 'a', type: { kind: 'int' } }, { wireName: 'a', type: { kind: 'int' } }),
      'types[0].fields[1].wireName: expected a name of its own, found "a" twice',
    ],
    [
      service({ methods: ['x', 'y'].map((wireName) => ({ ...METHOD, name: 'same', wireName })) }),
      'services[0].methods[1].name: expected a name of its own, found "same" twice',
    ],
    [{ ...good, types: [...struct().types, ...struct().types] }, 'types[1].name: expected a name of its own'],
  ])('refuses %j: %s', (value, message) => {
    expect(() => parseDescription(value, 'x.json')).toThrow(`x.json: ${message}`)
  })

  it('refuses a description that is nested too deep', () => {
    let deep: unknown = { kind: 'int' }
    for (let i = 0; i < 5_000; i++) deep = { kind: 'optional', inner: deep }
    expect(() => parseDescription(field(deep))).toThrow('description: expected at most 100 levels of nesting')
  })

  it('refuses a string that is not JSON', () => {
    expect(() => parseDescriptionText('{', 'x.json')).toThrow('x.json: expected JSON')
  })

  it('adds names to fields and methods without one', () => {
    const fields = ['user_id', 'userId', '_x', 'MAX_SIZE', 'a__b', 'class_', '__proto__', 'größe', 'ab_1'].map(
      (wireName) => ({ wireName, type: { kind: 'int' } }),
    )
    const text = { kind: 'string' }
    const methods = ['say_hello', 'then'].map((wireName) => ({
      wireName,
      kind: 'unary',
      request: text,
      response: text,
    }))
    const { types, services } = parseDescription({ ...struct(...fields), services: service({ methods }).services })
    expect((types[0] as StructDescription).fields).toMatchObject(
      ['userId', 'userId_', '_x', 'maxSize', 'aB', 'class_', '__proto___', 'größe', 'ab1'].map((name) => ({ name })),
    )
    expect(services[0]?.methods).toMatchObject([{ name: 'sayHello' }, { name: 'then_' }])
  })

  it('drops members that this version does not know', () => {
    expect(parseDescription({ ...good, later: 1 })).toEqual(good)
  })

  it.each([
    [
      field({ kind: 'int' }, { default: 'x' }),
      'types[0].fields[0].default: t.withDefault, the default: expected an integer',
    ],
    // Base64 without its padding.
    [
      field({ kind: 'bytes' }, { default: 'AAE' }),
      'types[0].fields[0].default: t.withDefault, the default: expected a Uint8Array',
    ],
    [field({ kind: 'struct', name: 'A' }, { default: {} }), 'types[0].fields[0].default: the default contains itself'],
    [struct({ name: '__proto__', wireName: 'a', type: { kind: 'int' } }), "'__proto__' cannot be a field name"],
    [
      { ...good, types: [{ kind: 'enum', name: 'E', tag: 'E', members: [{ name: '1', value: 1 }] }] },
      "description: types[0]: enum E: expected a name that is not a number, found '1'",
    ],
  ])('toDefinitions refuses %j: %s', (value, message) => {
    expect(() => toDefinitions(parseDescription(value))).toThrow(message)
  })
})
