import { type RpcError, StatusCode, t, type Type } from '@aster/rpc-core'
import { describe, expect } from 'vitest'
import { expectSame } from './same.ts'
import { type CodecSuite, expectRpcError, roundTrip } from './suite.ts'

const members = { LOW: 'low', MIDDLE: 5 } as const
const Newer = t.enum('compliance/Level', { ...members, HIGH: 'high', TOP: 9 })
const Older = t.enum('compliance/Level', members)
const Lenient = t.enum('compliance/Level', members, { unknown: 'other' })

/** Returns a struct with an enum in every place in which an enum can stand. */
const levels = <X extends typeof Newer | typeof Older | typeof Lenient>(level: X) =>
  t.struct('compliance/Levels', {
    one: level,
    maybe: t.optional(level as typeof Newer),
    list: t.list(level as typeof Newer),
    nested: t.list(t.struct('compliance/Named', { name: t.string, level })),
    byName: t.record(level as typeof Newer),
    byLevel: t.map(level as typeof Newer, t.int),
    set: t.set(level as typeof Newer),
    last: t.string,
  })

const newer = {
  one: 'high',
  maybe: 9,
  list: ['low', 'high', 5, 9],
  nested: [
    { name: 'a', level: 'low' },
    { name: 'b', level: 'high' },
  ],
  byName: { a: 9, b: 'low' },
  byLevel: new Map<unknown, number>([
    ['low', 1],
    ['high', 2],
  ]),
  set: new Set<unknown>([5, 'high']),
  last: 'x',
} as const

const Order = t.struct('compliance/Order', {
  name: t.string,
  quantity: t.withDefault(t.int, 1),
  tags: t.withDefault(t.list(t.string), ['new']),
  note: t.withDefault(t.optional(t.string), 'none'),
  level: t.withDefault(Lenient, 5),
})

const Strict = t.struct(
  'compliance/Strict',
  { id: t.int, name: t.string, maybe: t.optional(t.string), any: t.any, count: t.withDefault(t.int, 3) },
  { required: true },
)

/** Registers the cases of definitions that grow, and of absent fields. */
export function testChanges({ make, test }: CodecSuite): void {
  describe('changes', () => {
    test('reads an unknown member as the value that the enum has for it, in every place', () => {
      const codec = make()
      const bytes = codec.encode(levels(Newer) as Type, newer)
      expectSame(codec.decode(levels(Lenient) as Type, bytes), {
        one: 'other',
        maybe: 'other',
        list: ['low', 'other', 5, 'other'],
        nested: [
          { name: 'a', level: 'low' },
          { name: 'b', level: 'other' },
        ],
        byName: { a: 'other', b: 'low' },
        byLevel: new Map<unknown, number>([
          ['low', 1],
          ['other', 2],
        ]),
        set: new Set<unknown>([5, 'other']),
        last: 'x',
      })
      expect(codec.decode(Lenient as Type, codec.encode(Newer as Type, 'high'))).toBe('other')
    })

    test('names the enum, the path and the value of an unknown member', () => {
      const codec = make()
      const refusal = (value: object): RpcError =>
        expectRpcError(
          () => codec.decode(levels(Older) as Type, codec.encode(levels(Newer) as Type, value)),
          StatusCode.CONTRACT_VIOLATION,
        )
      for (const [value, path] of [
        [{ one: 'high' }, 'one'],
        [{ maybe: 'high' }, 'maybe'],
        [{ list: ['low', 'high'] }, 'list[1]'],
        [{ nested: [{ level: 'high' }] }, 'nested[0].level'],
        [{ byName: { a: 'high' } }, 'a'],
        [{ byLevel: new Map([['high', 1]]) }, 'byLevel'],
      ] as const) {
        const { message } = refusal(value)
        expect(message.replaceAll('by_', 'by').replace('bylevel', 'byLevel')).toContain(path)
        expect(message).toContain('enum compliance/Level')
        // The message has the value or its ordinal, whichever the format carries.
        expect(message).toMatch(/"high"|\b2\b/)
      }
    })

    test('refuses to send the value that stands for unknown members', () => {
      for (const [type, value, path] of [
        [Lenient, 'other', ''],
        [levels(Lenient), { one: 'other' }, 'one'],
        [levels(Lenient), { list: ['low', 'other'] }, 'list[1]'],
        [levels(Lenient), { byLevel: new Map([['other', 1]]) }, 'byLevel'],
        [Order, { level: 'other' }, 'level'],
      ] as const) {
        const error = expectRpcError(() => make().encode(type as Type, value), StatusCode.INVALID_ARGUMENT)
        expect(error.message).toContain(path)
        expect(error.message).toContain('found "other", which stands for a member that is not known here')
      }
    })

    test('sends a new default for each field that was left out', () => {
      const codec = make()
      const complete = { name: 'a', quantity: 1, tags: ['new'], note: 'none', level: 5 }
      for (let i = 0; i < 2; i++) {
        const read = roundTrip(codec, Order as Type, { name: 'a' }) as typeof complete
        expectSame(read, complete)
        read.tags.push('changed')
      }
      expectSame(roundTrip(codec, Order as Type, { name: 'a', quantity: 0, tags: [], note: null, level: 'low' }), {
        name: 'a',
        quantity: 0,
        tags: [],
        note: undefined,
        level: 'low',
      })
      expectSame(roundTrip(codec, t.struct('compliance/Orders', { first: Order, all: t.list(Order) }), { all: [{}] }), {
        first: { ...complete, name: '' },
        all: [{ ...complete, name: '' }],
      })
    })

    test('writes a field with a default as one without', () => {
      const Plain = t.struct('compliance/Order', { name: t.string, quantity: t.int })
      const Defaults = t.struct('compliance/Order', { name: t.string, quantity: t.withDefault(t.int, 1) })
      expect(make().encode(Defaults, {})).toEqual(make().encode(Plain, { quantity: 1 }))
    })

    test('refuses values without the fields that a struct requires', () => {
      expectSame(roundTrip(make(), Strict, { id: 0, name: '' }), {
        id: 0,
        name: '',
        maybe: undefined,
        any: roundTrip(make(), t.any, undefined),
        count: 3,
      })
      const Outer = t.struct('compliance/Outer', { strict: Strict, list: t.list(Strict) })
      for (const [type, value, message] of [
        [Strict, { id: 1 }, 'name: missing in compliance/Strict'],
        [Strict, {}, 'id: missing in compliance/Strict'],
        [Strict, { id: 1, name: undefined }, 'name: missing in compliance/Strict'],
        [Outer, {}, 'strict: missing in compliance/Outer'],
        [Outer, { strict: { id: 1, name: '' }, list: [{ id: 2 }] }, 'list[0].name: missing in compliance/Strict'],
      ] as const) {
        const error = expectRpcError(() => make().encode(type as Type, value), StatusCode.INVALID_ARGUMENT)
        expect(error.message).toContain(message)
      }
    })
  })
}
