import { Timestamp } from '@aster/rpc-core'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { isSame } from './same.ts'

it('isSame accepts equal messages', () => {
  fc.assert(
    fc.property(
      fc.clone(fc.anything({ withBigInt: true, withMap: true, withSet: true, withDate: false }), 2),
      ([a, b]) => {
        expect(isSame(a, b)).toBe(true)
      },
    ),
  )
  expect(isSame(new Timestamp(1, 2), new Timestamp(1, 2))).toBe(true)
  expect(
    isSame(
      new Map([
        [1, 'a'],
        [2, 'b'],
      ]),
      new Map([
        [2, 'b'],
        [1, 'a'],
      ]),
    ),
  ).toBe(true)
  expect(isSame({ constructor: 5 }, { constructor: 5 })).toBe(true)
})

it.each<[unknown, unknown]>([
  [0, -0],
  [1, 1n],
  [null, undefined],
  [{ a: undefined }, {}],
  [{ a: 1 }, { a: 1, b: 2 }],
  [[1, 2], [1]],
  [
    [1, 2],
    [2, 1],
  ],
  [new Set([1, 2]), new Set([1, 3])],
  [new Set([1]), new Set([1, 2])],
  [new Map([[1, 'a']]), new Map([[1, 'b']])],
  [new Map([[1, 'a']]), new Map([[2, 'a']])],
  [{}, new Map()],
  [Uint8Array.of(1), Uint8Array.of(2)],
  [Uint8Array.of(1), Uint8Array.of(1, 2)],
  [Uint8Array.of(1), Buffer.from([1])],
  [new Timestamp(1), new Timestamp(2)],
  [{ a: { b: [Number.NaN] } }, { a: { b: [0] } }],
  [Object.create(null), {}],
])('isSame distinguishes %o and %o', (a, b) => {
  expect(isSame(a, b)).toBe(false)
  expect(isSame(b, a)).toBe(false)
})
