import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { byCodePoint, float64, int32, list, text, varint } from './canonical.ts'

const hex = (bytes: Uint8Array): string => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')

describe('the canonical writer', () => {
  it.each([
    [0, '00'],
    [127, '7f'],
    [128, '8001'],
    [2 ** 32, '8080808010'],
    [Number.MAX_SAFE_INTEGER, 'ffffffffffffff0f'],
  ])('writes %i as varint %s', (value, expected) => expect(hex(varint(value))).toBe(expected))

  it.each([
    [0, '00'],
    [-1, '01'],
    [1, '02'],
    [2 ** 31 - 1, 'feffffff0f'],
    [-(2 ** 31), 'ffffffff0f'],
  ])('writes %i as int32 %s', (value, expected) => expect(hex(int32(value, 'x'))).toBe(expected))

  it('refuses what is no int32', () => {
    for (const value of [2 ** 31, -(2 ** 31) - 1, 0.5, Number.NaN, Infinity])
      expect(() => int32(value, 'x')).toThrow('x: expected an integer')
  })

  it('writes texts, numbers and lists', () => {
    expect(hex(text('é', 'x'))).toBe('0ac3a9')
    expect(hex(float64(0.1))).toBe('9a9999999999b93f')
    expect(hex(list([]))).toBe('000c')
    expect(hex(list([varint(5)]))).toBe('010c05')
  })

  it('orders by code point', () => {
    expect(['\u{1f600}', '\uffee', 'z', 'é', 'Z', '', 'za'].sort(byCodePoint)).toEqual([
      '',
      'Z',
      'z',
      'za',
      'é',
      '\uffee',
      '\u{1f600}',
    ])
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (a, b) => {
        const points = (s: string): number[] => Array.from(s, (c) => c.codePointAt(0) ?? 0)
        const [x, y] = [points(a), points(b)]
        const at = x.findIndex((point, i) => point !== y[i])
        const expected = at < 0 ? x.length - y.length : (x[at] ?? 0) - (y[at] ?? -1)
        expect(Math.sign(byCodePoint(a, b))).toBe(Math.sign(expected))
      }),
    )
  })
})
