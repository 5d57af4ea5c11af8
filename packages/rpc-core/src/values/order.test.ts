import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compareCodePoints } from './order.ts'

describe('compareCodePoints', () => {
  it('orders by code point', () => {
    expect(['\u{1f600}', '\uffee', 'z', 'é', 'Z', '', 'za'].sort(compareCodePoints)).toEqual([
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
        expect(Math.sign(compareCodePoints(a, b))).toBe(Math.sign(expected))
      }),
    )
  })

  it('sorts astral letters after all others', () => {
    expect(['\u{20000}', '\ufa0e', 'é', 'a', 'ab', '_', 'Z'].sort(compareCodePoints)).toEqual([
      'Z',
      '_',
      'a',
      'ab',
      'é',
      '\ufa0e',
      '\u{20000}',
    ])
  })
})
