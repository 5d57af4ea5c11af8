import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { LIMITS } from '../limits.ts'
import { describe as describeValue } from '../values/describe.ts'
import { Checker, formatPath } from './checker.ts'

describe('formatPath', () => {
  it.each<[(string | number)[], string]>([
    [[], ''],
    [['points', 2, 'x'], 'points[2].x'],
    [[0, 1], '[0][1]'],
    [['größe', '$a', '_b'], 'größe.$a._b'],
    [['a b', ''], '["a b"][""]'],
    [['1a'], '["1a"]'],
    [['with"quote'], '["with\\"quote"]'],
    [['a\u009b\u202e'], '["a\\u009b\\u202e"]'],
    [['x'.repeat(1 << 20)], `["${'x'.repeat(40)}…"]`],
    [['x y'.repeat(50)], `["${'x y'.repeat(50).slice(0, 40)}…"]`],
  ])('writes %j as %s', (path, text) => {
    expect(formatPath(path)).toBe(text)
  })
})

it("cuts a peer's path", () => {
  const path = Array.from({ length: 100 }, () => '\u0000'.repeat(100))
  expect(formatPath(path).length).toBeLessThan(800)
})

describe('describe', () => {
  it.each([
    [null, 'null'],
    [undefined, 'nothing'],
    [[1], 'a list'],
    [5, 'the integer 5'],
    [1.5, 'the number 1.5'],
    [Number.NaN, 'the number NaN'],
    [5n, 'a bigint'],
    [true, 'true'],
    ['secret', 'a string'],
    [{ secret: 1 }, 'an object'],
    [Object.create(null), 'an object'],
    [new Date(0), 'an object of class Date'],
    [new Map(), 'an object of class Map'],
    [() => 1, 'a function'],
    [Symbol('secret'), 'a symbol'],
  ])('says what %o is, without its content', (value, text) => {
    expect(describeValue(value)).toBe(text)
  })
})

describe('Checker', () => {
  it('collects each issue with its path', () => {
    const checker = new Checker()
    checker.enter('list', () => {
      checker.enter(3, () => checker.mismatch('a string', 5))
      checker.enter(4, () => checker.fail('no'))
    })
    checker.fail('all of it')
    expect(checker.issues).toEqual([
      { path: ['list', 3], message: 'expected a string, found the integer 5' },
      { path: ['list', 4], message: 'no' },
      { path: [], message: 'all of it' },
    ])
  })

  it('restores the path if a check throws', () => {
    const checker = new Checker()
    expect(() =>
      checker.enter('a', () => {
        throw new Error('from a getter')
      }),
    ).toThrow('from a getter')
    checker.fail('x')
    expect(checker.issues).toEqual([{ path: [], message: 'x' }])
  })

  it('descends to the limit and no deeper', () => {
    const dive = (checker: Checker, levels: number): void => {
      if (levels > 0) checker.enter(levels, () => dive(checker, levels - 1))
    }
    const fits = new Checker()
    dive(fits, LIMITS.nestingDepth)
    expect(fits.issues).toEqual([])
    const deep = new Checker()
    dive(deep, LIMITS.nestingDepth + 1)
    expect(deep.issues.map(({ message }) => message)).toEqual(['nested deeper than 100 levels'])
  })

  it('stops after ten issues, so that the check of a value that contains itself twice ends', () => {
    const checker = new Checker()
    let calls = 0
    const visit = (): void => {
      calls++
      checker.enter('left', visit)
      checker.enter('right', visit)
    }
    visit()
    expect(checker.issues).toHaveLength(10)
    expect(calls).toBeLessThan(1000)
  })

  it('returns a value that fits', () => {
    fc.assert(
      fc.property(fc.anything(), (value) => {
        expect(new Checker().enter('x', () => value)).toBe(value)
      }),
    )
  })
})
