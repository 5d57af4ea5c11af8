import { StatusCode, t, Timestamp, type Type } from '@aster/rpc-core'
import { describe, expect } from 'vitest'
import { expectSame } from './same.ts'
import { type CodecSuite, expectRpcError, roundTrip } from './suite.ts'
import { Color, Node, Point } from './values.ts'

const Outer = t.struct('compliance/Outer', {
  points: t.list(Point),
  byName: t.record(Point),
  byId: t.map(t.int, Color),
})

/** A type, a value that does not fit it, and the path in the message. */
export const illTyped: readonly (readonly [type: Type, value: unknown, path: string])[] = [
  [t.string, 1, ''],
  [t.string, null, ''],
  [t.bool, 'true', ''],
  [t.bytes, [1, 2], ''],
  [t.int, 1.5, ''],
  [t.int, '1', ''],
  [t.int, 1n, ''],
  [t.int, Number.NaN, ''],
  [t.int, 2 ** 53, 't.int64'],
  [t.int8, 128, ''],
  [t.uint32, -1, ''],
  [t.uint32, 2 ** 32, ''],
  [t.int64, 1, ''],
  [t.int64, 2n ** 63n, ''],
  [t.uint64, -1n, ''],
  [t.uint64, 2n ** 64n, ''],
  [t.float64, '1', ''],
  [t.float32, null, ''],
  [t.timestamp, '2026-01-01T00:00:00Z', ''],
  [t.timestamp, new Date(Number.NaN), ''],
  [t.date, '2026-02-30', ''],
  [t.date, new Date(0), ''],
  [t.list(t.int), new Set([1]), ''],
  [t.list(t.int), [1, 'x'], '[1]'],
  // oxlint-disable-next-line no-sparse-arrays -- a hole is no integer
  [t.list(t.int), [1, , 3], '[1]'],
  [t.set(t.int), [1], ''],
  [t.record(t.int), new Map([['a', 1]]), ''],
  [t.record(t.int), { a: 'x' }, 'a'],
  [t.map(t.string, t.int), { a: 1 }, ''],
  [t.map(t.string, t.int), new Map([['a', 'x']]), 'a'],
  [t.map(t.int, t.int), new Map([['a', 1]]), 'a'],
  [Color, 'pink', ''],
  [Color, 'RED', ''],
  [Point, [], ''],
  [Point, 'x', ''],
  [Point, { x: 1, z: 2 }, 'z'],
  [Point, { x: null }, 'x'],
  [Outer, { points: [{}, {}, { x: 'far' }] }, 'points[2].x'],
  [Outer, { byName: { 'a b': { y: true } } }, 'byName["a b"].y'],
  [Outer, { byId: new Map([[7, 'pink']]) }, 'byId[7]'],
  [Node, { children: [{ children: [{ value: 'x' }] }] }, 'children[0].children[0].value'],
  [t.any, () => 1, ''],
  [t.any, { a: [Symbol('s')] }, 'a[0]'],
  [t.struct('compliance/Any', { any: t.any }), { any: { when: new WeakMap() } }, 'any.when'],
]

/** Registers the cases of values that do not fit their types, which both directions refuse with the path. */
export function testRefusals({ make, test }: CodecSuite): void {
  describe('refusals', () => {
    test('refuses values that do not fit, and names the path', () => {
      for (const [type, value, path] of illTyped) {
        const error = expectRpcError(() => make().encode(type, value), StatusCode.INVALID_ARGUMENT)
        expect(error.message).toContain(path)
      }
    })

    test('refuses lone surrogates in strings and keys', () => {
      for (const text of ['\uD800', 'a\uDFFFb', '\uDC00\uD800']) {
        for (const [type, value] of [
          [t.string, text],
          [t.list(t.string), [text]],
          [t.record(t.int), { [text]: 1 }],
          [t.map(t.string, t.int), new Map([[text, 1]])],
          [t.any, text],
          [t.any, [{ [text]: 1 }]],
        ] as const) {
          expectRpcError(() => make().encode(type as Type, value), StatusCode.INVALID_ARGUMENT)
        }
      }
    })

    test('refuses an integer beyond ±(2^53 − 1) for t.int, and recommends t.int64', () => {
      const Wide = t.struct('compliance/Int', { value: t.int64 })
      const Narrow = t.struct('compliance/Int', { value: t.int })
      const codec = make()
      for (const value of [2n ** 53n, -(2n ** 53n), 2n ** 53n + 1n, 2n ** 63n - 1n]) {
        const error = expectRpcError(
          () => codec.decode(Narrow, codec.encode(Wide, { value })),
          StatusCode.CONTRACT_VIOLATION,
        )
        expect(error.message).toContain('t.int64')
        expect(error.message).toContain('value')
      }
      const value = 2n ** 53n - 1n
      expect(codec.decode(Narrow, codec.encode(Wide, { value }))).toEqual({ value: Number(value) })
    })

    test('refuses a message of another definition', () => {
      const definitions: readonly Type[] = [
        Point,
        t.struct('compliance/Point', { x: t.int, z: t.int }),
        t.struct('compliance/Point', { x: t.int, y: t.string }),
        t.struct('compliance/Point', { x: t.int, y: t.list(t.int) }),
        t.struct('compliance/Point', { x: t.int, y: t.int, z: t.string }),
      ]
      const codec = make()
      for (const written of definitions) {
        const bytes = codec.encode(written, written.zero())
        for (const read of definitions) {
          if (read === written) continue
          expectRpcError(() => codec.decode(read, bytes), StatusCode.CONTRACT_VIOLATION, StatusCode.DATA_LOSS)
        }
      }
    })

    test('limits nesting, so that a value that contains itself is refused', () => {
      const nested = (levels: number): Node => {
        let node: Node = { value: 0, children: [] }
        for (let i = 0; i < levels; i++) node = { value: i, children: [node] }
        return node
      }
      expectSame(roundTrip(make(), Node, nested(15)), nested(15))
      expectRpcError(() => make().encode(Node, nested(1000)), StatusCode.INVALID_ARGUMENT)
      expectRpcError(() => make().encode(Node, nested(100_000)), StatusCode.INVALID_ARGUMENT)
      const self: Node = { value: 1, children: [] }
      self.children.push(self, self)
      expectRpcError(() => make().encode(Node, self), StatusCode.INVALID_ARGUMENT)
      const any: unknown[] = []
      any.push(any, any)
      expectRpcError(() => make().encode(t.any, any), StatusCode.INVALID_ARGUMENT)
    })

    test('refuses a moment that its format cannot write', () => {
      const codec = make()
      for (const value of [new Timestamp(Number.MAX_SAFE_INTEGER), new Timestamp(Number.MIN_SAFE_INTEGER)]) {
        try {
          expectSame(roundTrip(codec, t.timestamp, value), value)
        } catch (error) {
          expectRpcError(() => {
            throw error
          })
        }
      }
    })
  })
}
