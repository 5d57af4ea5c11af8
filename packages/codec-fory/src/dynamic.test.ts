import { RpcError, StatusCode, t, Timestamp, type Type } from '@aster/rpc-core'
import { describe, expect, it } from 'vitest'
import { bytesOf, hexOf } from '../test/hex.ts'
import { ForyCodec, isTyped, Typed, typed } from './index.ts'

const Point = t.struct('interop/Point', { x: t.int, y: t.int })
const Colour = t.enum('interop/Colour', { RED: 'red', GREEN: 'green' })
const codec = new ForyCodec({ types: [Point, Colour] })
const pointInfo = '1d0a0121b3245cf00803bdc86cc0'
const pointHash = '0afd9949'
const point = pointInfo + pointHash
const colour = '1a0a0121b3245cf0080309cb7522'

const write = (value: unknown): string => hexOf(codec.encode(t.any, value)).slice(4)
const read = (hex: string): unknown => codec.decode(t.any, bytesOf(`02ff${hex}`))

function refused(value: unknown): string {
  try {
    write(value)
  } catch (error) {
    expect(error).toBeInstanceOf(RpcError)
    expect(error).toHaveProperty('code', StatusCode.INVALID_ARGUMENT)
    return (error as RpcError).message
  }
  expect.fail('expected an RpcError')
}

describe('a value in a t.any', () => {
  it.each<[unknown, string]>([
    [5, '070a'],
    [-0, '140000000000000080'],
    [1.5, '14000000000000f83f'],
    [Number.NaN, '14000000000000f87f'],
    [2 ** 53, '140000000000004043'],
    [2n ** 53n, '078080808080808020'],
    [-(2n ** 63n), '07ffffffffffffffffff'],
    [2n ** 63n, '0d0000000000000080'],
    [true, '0101'],
    ['€', '1509ac20'],
    [Uint8Array.of(0, 255), '290200ff'],
    [new Timestamp(1, 500_000_000), '2601000000000000000065cd1d'],
    [typed(t.date, '2024-01-02'), '270c4d0000'],
    [[], '1600'],
    [[5, -1], '160208070a01'],
    [[5, 'a', null], '160302ff070aff150461fd'],
    [[1, 1.5], '160200070214000000000000f83f'],
    [[null], '16010a24fd'],
    [new Set([1, 2]), '170208070204'],
    [{ a: 1, b: 'x', c: null }, '180300011507046102000115150462047811ff150463'],
    [new Map<unknown, unknown>([[1, 2]]), '1801000107070204'],
    [typed(Point, { x: 1, y: 2 }), `${point}0204`],
    [[typed(Point, { x: 1, y: 2 }), typed(Point, { x: 3, y: 4 })], `160208${point}02040afd99490608`],
    [typed(Colour, 'green'), `${colour}01`],
    [Int8Array.of(1, -1), '2c0201ff'],
    [Int16Array.of(1), '2d020100'],
    [Int32Array.of(1), '2e0401000000'],
    [BigInt64Array.of(1n), '2f080100000000000000'],
    [Uint16Array.of(1), '31020100'],
    [Uint32Array.of(1), '320401000000'],
    [BigUint64Array.of(1n), '33080100000000000000'],
    [Float32Array.of(1), '37040000803f'],
    [Float64Array.of(1), '3808000000000000f03f'],
  ])('%o is written and read as pyfory does', (value, hex) => {
    expect(write(value)).toBe(hex)
    expect(read(hex)).toStrictEqual(value)
  })

  it('is null if it was undefined', () => {
    expect(hexOf(codec.encode(t.any, undefined))).toBe('03fd')
    expect(codec.decode(t.any, bytesOf('03fd'))).toBeNull()
    expect(write([undefined])).toBe('16010a24fd')
  })

  it('is a Timestamp if it was a Date, and bytes if it was an array of uint8', () => {
    expect(read(write(new Date(1500)))).toStrictEqual(new Timestamp(1, 500_000_000))
    expect(read('30020102')).toStrictEqual(Uint8Array.of(1, 2))
  })

  it.each<[string, unknown]>([
    ['02ff', -1],
    ['03feff', -2],
    ['04ffffffff', -1],
    ['0501', -1],
    ['06ffffffffffffffff', -1],
    ['08fcffffff', -2],
    ['0801ffffffffffffffff', -1],
    ['09ff', 255],
    ['0affff', 65_535],
    ['0bffffffff', 4_294_967_295],
    ['0cffffffff0f', 4_294_967_295],
    ['0dffffffffffffffff', 2n ** 64n - 1n],
    ['0effffffffffffffffff', 2n ** 64n - 1n],
    ['0f04000000', 2],
    ['0f01ffffffffffffffff', 2n ** 64n - 1n],
    ['130000c03f', 1.5],
    ['24', null],
  ])('%s of another peer is read as %o', (hex, value) => {
    expect(read(hex)).toBe(value)
  })

  it('is a Map if a dict has a key that is not a string', () => {
    expect(read('180200011507046102000107070204')).toStrictEqual(
      new Map<unknown, unknown>([
        ['a', 1],
        [1, 2],
      ]),
    )
    expect(read('1800')).toStrictEqual({})
  })

  it('may be typed if Python would see another type', () => {
    expect(write(typed(t.float64, 1))).toBe('14000000000000f03f')
    expect(write(typed(t.list(t.float64), [1, -0]))).toBe('16020814000000000000f03f0000000000000080')
    expect(write(typed(t.record(Point), { a: { x: 1 } }))).toBe(`1801000115${pointInfo}0461${pointHash}0200`)
    expect(write(typed(t.int, -0))).toBe('0700')
    expect(write(typed(t.optional(Colour), 'red'))).toBe(`${colour}00`)
    expect(refused(typed(Point, { x: 'a' } as never))).toContain('expected an integer (int), found a string')
    expect(refused([typed(t.optional(Point), undefined)])).toContain('[0]: expected a value in a Typed, found nothing')
    const Loop: Type = t.lazy(() => Loop)
    expect(refused([typed(Loop, 1)])).toBe('[0]: t.lazy: stands for nothing but itself')
  })

  it('has its type', () => {
    const found = read(`${point}0204`)
    expect(found).toBeInstanceOf(Typed)
    expect(isTyped(found, Point) && found.value.x).toBe(1)
    expect(isTyped(found, Colour)).toBe(false)
    expect(isTyped({ x: 1 }, Point)).toBe(false)
  })

  it('may have a type of the message, and no other', () => {
    const Shape = t.struct('x/Shape', { any: t.any, point: t.optional(Point) })
    const bytes = new ForyCodec().encode(Shape, { any: typed(Point, { x: 1 }) })
    expect(new ForyCodec().decode(Shape, bytes).any).toStrictEqual(new Typed(Point, { x: 1, y: 0 }))
    expect(() => new ForyCodec().decode(t.any, bytes)).toThrow(
      "no type is tagged 'x/Shape' here; pass it in the codec's option `types`",
    )
  })

  it.each<[unknown, string]>([
    [() => 1, 'found a function'],
    [{ a: [Symbol('s')] }, 'a[0]: expected a value that Python knows, found a symbol'],
    [{ a: { b: new WeakMap() } }, 'a.b: expected a value that Python knows'],
    [2n ** 64n, '2^64'],
    [new Set([[1]]), '[0]: expected what Python can hash'],
    [new Map([[{}, 1]]), 'expected what Python can hash'],
    [new Set([typed(Point, {})]), 'expected what Python can hash'],
    [new Set([Int8Array.of(1)]), 'expected what Python can hash'],
  ])('%o is refused', (value, text) => {
    expect(refused(value)).toContain(text)
  })
})

describe('a message that is not a struct', () => {
  it.each<[Type, unknown, string]>([
    [t.int, 1, '02ff0702'],
    [t.string, '', '02ff1500'],
    [t.float64, 1, '02ff14000000000000f03f'],
    [t.uint8, 255, '02ff07fe03'],
    [t.list(t.float64), [1], '02ff16010814000000000000f03f'],
    [t.list(Point), [{ x: 1, y: 2 }], `02ff160108${point}0204`],
    [t.map(t.int, t.optional(t.date)), new Map([[1, undefined]]), '02ff180111ff0702'],
    [Colour, 'green', `02ff${colour}01`],
    [t.optional(t.int), undefined, '03fd'],
  ])('is written as Python does without an annotation: %o', (type, value, hex) => {
    expect(hexOf(codec.encode<unknown, unknown>(type, value))).toBe(hex)
    expect(codec.decode(type, bytesOf(hex))).toStrictEqual(value)
  })
})
