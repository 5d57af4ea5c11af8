import { describe, expect, it } from 'vitest'
import { createPicker } from './picker.ts'
import type { Policy } from './policy.ts'

interface Fake {
  name: string
  pending: number
}

function setUp(policy: Policy) {
  const pick = createPicker<Fake>(policy)
  return (...ready: Fake[]): string | undefined => pick(ready)?.name
}

const fake = (name: string, pending = 0): Fake => ({ name, pending })
const [a, b, c] = [fake('a'), fake('b'), fake('c')]

describe('pick-first', () => {
  it('takes the first', () => {
    const pick = setUp('pick-first')
    expect([pick(a, b), pick(a, b)]).toEqual(['a', 'a'])
  })

  it('stays with another after the first has failed', () => {
    const pick = setUp('pick-first')
    expect([pick(a, b, c), pick(b, c), pick(a, b, c), pick(a, c), pick(a, b, c)]).toEqual(['a', 'b', 'b', 'a', 'a'])
  })
})

describe('round-robin', () => {
  it('takes all in turn', () => {
    const pick = setUp('round-robin')
    expect(Array.from({ length: 7 }, () => pick(a, b, c)).join('')).toBe('abcabca')
  })

  it('continues with the remaining targets', () => {
    const pick = setUp('round-robin')
    expect([pick(a, b, c), pick(a, c), pick(a, c), pick(c), pick(a, b, c)].join('')).toMatch(/^a[ac]{2}c[abc]$/)
  })
})

describe('least-pending', () => {
  it('picks the target with the fewest calls', () => {
    const pick = setUp('least-pending')
    for (let i = 0; i < 5; i++) expect(pick(fake('a', 2), fake('b', 1), fake('c', 3))).toBe('b')
  })

  it('picks targets with equally many calls in turn', () => {
    const pick = setUp('least-pending')
    expect(Array.from({ length: 6 }, () => pick(a, b, c)).join('')).toBe('abcabc')
  })
})

it.each(['pick-first', 'round-robin', 'least-pending'] as const)('%s returns undefined for an empty list', (policy) => {
  expect(createPicker<Fake>(policy)([])).toBeUndefined()
})
