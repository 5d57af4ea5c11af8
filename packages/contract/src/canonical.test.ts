import { describe, expect, it } from 'vitest'
import { float64, int32, list, text, varint } from './canonical.ts'

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

  it('writes strings, numbers and lists', () => {
    expect(hex(text('é', 'x'))).toBe('0ac3a9')
    expect(hex(float64(0.1))).toBe('9a9999999999b93f')
    expect(hex(list([]))).toBe('000c')
    expect(hex(list([varint(5)]))).toBe('010c05')
  })
})
