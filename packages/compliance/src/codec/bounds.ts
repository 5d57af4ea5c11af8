import { type Codec, StatusCode, t, type Type } from '@aster/rpc-core'
import { describe, expect } from 'vitest'
import { expectSame } from './same.ts'
import { type CodecSuite, expectRpcError } from './suite.ts'

const Pair = t.struct('compliance/BoundedPair', { a: t.int, b: t.int })
const Lists = t.struct('compliance/BoundedLists', { lists: t.list(t.list(t.int)) })
const keys = (count: number): string[] => Array.from({ length: count }, (_, i) => `key${i}`)
const numbers = (count: number): number[] => Array.from({ length: count }, (_, i) => i)

/**
 * A type, and a function that creates a value of it with `values` values or fields. Elements, keys and values count once,
 * elements of sets twice.
 */
const counted: readonly (readonly [name: string, type: Type, make: (values: number) => unknown])[] = [
  ['elements of a list', t.list(t.int), numbers],
  ['elements of a list that are empty', t.list(t.list(t.int)), (values) => numbers(values).map(() => [])],
  ['empty strings', t.list(t.string), (values) => numbers(values).map(() => '')],
  ['elements of several lists', Lists, (values) => ({ lists: [numbers(values / 2 - 1), numbers(values / 2 - 1)] })],
  ['elements of a set, twice', t.set(t.int), (values) => new Set(numbers(values / 2))],
  [
    'keys and values of a record',
    t.record(t.int),
    (values) => Object.fromEntries(keys(values / 2).map((key) => [key, 1])),
  ],
  ['keys and values of a map', t.map(t.string, t.int), (values) => new Map(keys(values / 2).map((key) => [key, 1]))],
  ['lists of a t.any', t.any, (values) => numbers(values).map(() => [])],
  ['objects of a t.any', t.any, (values) => numbers(values).map(() => ({}))],
  ['members of a t.any', t.any, (values) => Object.fromEntries(keys(values / 2).map((key) => [key, null]))],
  ['fields of structs', t.list(Pair), (values) => numbers(values / 2).map(() => ({ a: 1, b: 2 }))],
]

/**
 * Registers the cases of the limit of values in one message, which applies in both directions and before memory is
 * allocated. Registers none if `bounded` is not given.
 */
export function testBounds({ options: { bounded }, test }: CodecSuite): void {
  if (bounded === undefined) return
  describe('the number of values', () => {
    const limit = 100
    const codec: Codec = bounded(limit)
    const larger = bounded(10_000)

    for (const [name, type, make] of counted) {
      test(`is limited: ${name}`, () => {
        expectSame(codec.decode(type, codec.encode(type, make(limit))), make(limit))
        const beyond = make(limit + 2)
        for (const run of [
          () => codec.encode<unknown, unknown>(type, beyond),
          () => codec.decode(type, larger.encode<unknown, unknown>(type, beyond)),
        ]) {
          const error = expectRpcError(run, StatusCode.RESOURCE_EXHAUSTED)
          expect(error.message).toContain(`at most ${limit} are allowed (maxValues)`)
        }
      })
    }

    test('does not count the characters of strings, nor bytes', () => {
      for (const [type, value] of [
        [t.string, '[],{}:'.repeat(limit)],
        [t.string, '"\\,'.repeat(limit)],
        [t.bytes, new Uint8Array(limit * 10)],
        [t.record(t.string), { '[,],{,}': ',\\",'.repeat(limit) }],
      ] as const)
        expectSame(codec.decode(type as Type, codec.encode<unknown, unknown>(type as Type, value)), value)
    })

    test('is counted for each message on its own, also after an error', () => {
      const type = t.list(t.int)
      for (let i = 0; i < 3; i++) {
        expectRpcError(() => codec.encode(type, numbers(limit + 1)), StatusCode.RESOURCE_EXHAUSTED)
        expectSame(codec.decode(type, codec.encode(type, numbers(limit))), numbers(limit))
      }
    })

    test('is limited by an integer from 1', () => {
      for (const wrong of [0, -1, 1.5, Number.NaN, Infinity, '5' as never])
        expect(() => bounded(wrong)).toThrow('maxValues: expected an integer from 1')
    })
  })
}
