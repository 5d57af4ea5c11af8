import { describe, expect, it } from 'vitest'
import { chooserFor, type Policy } from './policy.ts'
import type { Producer } from './producer.ts'

interface Fake {
  name: string
  pending: number
}

function chooser(policy: Policy) {
  const choose = chooserFor(policy)
  return (...ready: Fake[]): string => (choose(ready as unknown as Producer[]) as unknown as Fake).name
}

const fake = (name: string, pending = 0): Fake => ({ name, pending })
const [a, b, c] = [fake('a'), fake('b'), fake('c')]

describe('pick-first', () => {
  it('takes the first', () => {
    const choose = chooser('pick-first')
    expect([choose(a, b), choose(a, b)]).toEqual(['a', 'a'])
  })

  it('stays with another once the first has failed', () => {
    const choose = chooser('pick-first')
    expect([choose(a, b, c), choose(b, c), choose(a, b, c), choose(a, c), choose(a, b, c)]).toEqual([
      'a',
      'b',
      'b',
      'a',
      'a',
    ])
  })
})

describe('round-robin', () => {
  it('takes all in turn', () => {
    const choose = chooser('round-robin')
    expect(Array.from({ length: 7 }, () => choose(a, b, c)).join('')).toBe('abcabca')
  })

  it('goes on with those that are left', () => {
    const choose = chooser('round-robin')
    expect([choose(a, b, c), choose(a, c), choose(a, c), choose(c), choose(a, b, c)].join('')).toMatch(
      /^a[ac]{2}c[abc]$/,
    )
  })
})

describe('least-pending', () => {
  it('takes the one with the least', () => {
    const choose = chooser('least-pending')
    for (let i = 0; i < 5; i++) expect(choose(fake('a', 2), fake('b', 1), fake('c', 3))).toBe('b')
  })

  it('takes all in turn where they have equally many', () => {
    const choose = chooser('least-pending')
    expect(Array.from({ length: 6 }, () => choose(a, b, c)).join('')).toBe('abcabc')
  })
})
