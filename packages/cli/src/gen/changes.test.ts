import { describeServices, type Description, parseDescription, withWireNames } from '@aster/description'
import {
  anyOf,
  defineService,
  type MethodSpecs,
  serverStream,
  type ServiceOptions,
  t,
  type Type,
  unary,
} from '@aster/rpc-core'
import { describe, expect, it } from 'vitest'
import { formatChange } from './change.ts'
import { compareDescriptions } from './changes.ts'
import { readTypeScript } from './read-typescript.ts'
import { writeTypeScript } from './typescript.ts'

type Shape = Parameters<typeof t.struct>[1]

interface Parts {
  readonly order?: Shape
  readonly answer?: Shape
  readonly tag?: string
  readonly kinds?: Readonly<Record<string, string | number>>
  readonly unknown?: string
  readonly service?: Partial<ServiceOptions>
  readonly methods?: (Order: Type, Answer: Type) => MethodSpecs
  readonly modes?: readonly ('xlang' | 'json')[]
}

const FIELDS: Shape = { id: t.string, count: t.int, note: t.optional(t.string) }
const KINDS = { RED: 'red', BLUE: 'blue' }

/** Returns a description of a service with an order, an answer and an enum. */
function shop({ order = FIELDS, answer = {}, tag = 'shop/Order', ...parts }: Parts): Description {
  const { kinds = KINDS, unknown, service = {}, modes = ['xlang', 'json'] } = parts
  const Kind = t.enum('shop/Kind', kinds, unknown === undefined ? {} : { unknown })
  const Order = t.struct(tag, { ...order, kind: Kind })
  const Answer = t.struct('shop/Answer', { text: t.string, ...answer })
  const { methods = () => ({ find: unary(Order, Answer), later: unary(Order, Answer) }) } = parts
  const Shop = defineService({ name: 'Shop', ...service, methods: methods(Order, Answer) })
  return describeServices([Shop], { serializationModes: modes, contractIds: false })
}

const JSON_ALONE = { modes: ['json'] as const }

/** Each row: the change, the output of `--check`, and whether the change breaks peers. */
const TABLE: readonly (readonly [string, Parts, Parts, readonly string[]])[] = [
  ['nothing', {}, {}, []],
  ['a field added', {}, { order: { ...FIELDS, more: t.int } }, ['! Order.more: added (t.int)']],
  [
    'an optional field added',
    {},
    { answer: { more: t.optional(t.int) } },
    ['! Answer.more: added (t.optional(t.int))'],
  ],
  [
    'an optional field added to a response in JSON alone',
    JSON_ALONE,
    { ...JSON_ALONE, answer: { more: t.optional(t.int) } },
    ['  Answer.more: added (t.optional(t.int))'],
  ],
  [
    'an optional field added to a request in JSON alone',
    JSON_ALONE,
    { ...JSON_ALONE, order: { ...FIELDS, more: t.optional(t.int) } },
    ['! Order.more: added (t.optional(t.int))'],
  ],
  ['a field removed', {}, { order: { id: t.string, note: t.optional(t.string) } }, ['! Order.count: removed']],
  ['a field retyped', {}, { order: { ...FIELDS, count: t.float64 } }, ['! Order.count: t.int is now t.float64']],
  ['a field of another width', {}, { order: { ...FIELDS, count: t.int32 } }, ['! Order.count: t.int is now t.int32']],
  ['a bigint for a number', {}, { order: { ...FIELDS, count: t.int64 } }, ['  Order.count: t.int is now t.int64']],
  [
    'the element of a list retyped',
    { answer: { all: t.list(t.int) } },
    { answer: { all: t.list(t.string) } },
    ['! Answer.all: t.int is now t.string'],
  ],
  [
    'a field renamed',
    {},
    { order: { id: t.string, amount: t.int, note: t.optional(t.string) } },
    ['! Order.amount: renamed from count to amount'],
  ],
  [
    'a field renamed in code alone',
    {},
    { order: { id: t.string, total: t.named('count', t.int), note: t.optional(t.string) } },
    ['  Order.total: was called count in code'],
  ],
  ['a field made optional', {}, { order: { ...FIELDS, count: t.optional(t.int) } }, ['! Order.count: made optional']],
  ['a field no longer optional', {}, { order: { ...FIELDS, note: t.string } }, ['! Order.note: no longer optional']],
  [
    'fields in another order',
    {},
    { order: { count: t.int, id: t.string, note: t.optional(t.string) } },
    ['  Order: fields in another order'],
  ],
  [
    'another default',
    { order: { ...FIELDS, count: t.withDefault(t.int, 1) } },
    { order: { ...FIELDS, count: t.withDefault(t.int, 2) } },
    ['  Order.count: default 1 is now 2'],
  ],
  ['another tag', {}, { tag: 'shop/v2/Order' }, ['! Order: tag shop/Order is now shop/v2/Order']],
  [
    'another tag in JSON alone',
    JSON_ALONE,
    { ...JSON_ALONE, tag: 'shop/v2/Order' },
    ['  Order: tag shop/Order is now shop/v2/Order'],
  ],
  ['a member added at the end', {}, { kinds: { ...KINDS, GREEN: 'green' } }, ['! Kind.GREEN: added']],
  [
    'a member added at the end of an enum with unknown',
    { unknown: '?' },
    { unknown: '?', kinds: { ...KINDS, GREEN: 'green' } },
    ['  Kind.GREEN: added'],
  ],
  [
    'a member added at the beginning',
    { unknown: '?' },
    { unknown: '?', kinds: { GREEN: 'green', ...KINDS } },
    ['! Kind.GREEN: added', '! Kind.RED: place 1 is now 2', '! Kind.BLUE: place 2 is now 3'],
  ],
  ['a member removed', {}, { kinds: { RED: 'red' } }, ['! Kind.BLUE: removed']],
  ['a member renamed', {}, { kinds: { RED: 'red', AZURE: 'blue' } }, ['  Kind.AZURE: was called BLUE']],
  ['a member of another value', {}, { kinds: { RED: 'red', BLUE: 'b' } }, ['! Kind.BLUE: "blue" is now "b"']],
  [
    'a method added',
    {},
    {
      methods: (Order, Answer) => ({
        find: unary(Order, Answer),
        later: unary(Order, Answer),
        more: unary(Order, Answer),
      }),
    },
    ['  Shop.more: added'],
  ],
  ['a method removed', {}, { methods: (Order, Answer) => ({ find: unary(Order, Answer) }) }, ['! Shop.later: removed']],
  [
    'another pattern',
    {},
    { methods: (Order, Answer) => ({ find: serverStream(Order, Answer), later: unary(Order, Answer) }) },
    ['! Shop.find: unary is now serverStream'],
  ],
  [
    'another response',
    {},
    { methods: (Order, Answer) => ({ find: unary(Order, Answer), later: unary(Order, Order) }) },
    ['! Shop.later, the response: Answer is now Order'],
  ],
  [
    'a timeout and idempotence',
    {},
    {
      methods: (Order, Answer) => ({
        find: unary(Order, Answer, { idempotent: true, timeoutMs: 1000 }),
        later: unary(Order, Answer),
      }),
    },
    ['  Shop.find: now idempotent', '  Shop.find: timeout none is now 1000 ms'],
  ],
  ['a rule added', {}, { service: { requires: anyOf('a', 'b') } }, ['! Shop: requires nothing, now anyOf of a, b']],
  ['a rule removed', { service: { requires: 'a' } }, {}, ['  Shop: requires a, now nothing']],
  ['another version', {}, { service: { version: 2 } }, ['! Shop: version 1 is now 2']],
  ['another scope', {}, { service: { scope: 'session' } }, ['! Shop: scope shared is now session']],
  ['a smaller limit', {}, { service: { maxMessageBytes: 1000 } }, ['! Shop: maxMessageBytes none is now 1000']],
]

describe('the changes of a definition', () => {
  it(`is a table of ${TABLE.length}`, () => expect(TABLE.length).toBeGreaterThanOrEqual(30))

  it.each(TABLE)('%s', (_name, before, after, expected) => {
    // Written and read again, as `--check` does.
    const old = readTypeScript(writeTypeScript(shop(before), { importFrom: '@aster/client', heading: '' }))
    const changes = compareDescriptions(old, shop(after))
    expect(changes.map(({ breaks, subject, change }) => `${breaks ? '!' : ' '} ${subject}: ${change}`)).toEqual(
      expected,
    )
    for (const change of changes) expect(formatChange(change)).toMatch(/; breaks (peers|no peer): \w.*\w/)
  })

  it('says that a service is gone, or new', () => {
    const other = withWireNames(shop({ service: { name: 'Other' } }))
    const lines = compareDescriptions(shop({}), parseDescription(other)).map(formatChange)
    expect(lines).toEqual([
      'Shop: version 1 removed; breaks peers: calls of it are answered with NOT_FOUND',
      'Other: version 1 added; breaks no peer: only those that know it call it',
    ])
  })
})
