import { expect, it } from 'vitest'
import { parseAttributes } from './attributes.ts'

const billing = { name: 'billing' }

it('says the role and the name, and what is given besides', () => {
  expect(parseAttributes([], billing)).toEqual({ 'aster.role': 'consumer', 'aster.name': 'billing' })
  expect(parseAttributes(['team=blue', 'note=a=b', 'empty='], { ...billing, role: 'ops' })).toEqual({
    'aster.role': 'ops',
    'aster.name': 'billing',
    team: 'blue',
    note: 'a=b',
    empty: '',
  })
})

it('lets --attr say role and name', () => {
  expect(parseAttributes(['aster.role=ops', 'aster.name=x'], billing)).toEqual({
    'aster.role': 'ops',
    'aster.name': 'x',
  })
})

it('keeps a key that objects have of their own', () => {
  expect(Object.entries(parseAttributes(['__proto__=x'], billing))).toContainEqual(['__proto__', 'x'])
})

it.each([
  [['team'], 'expected key=value, found "team"'],
  [['=blue'], 'expected key=value'],
  [['team=a', 'team=b'], '"team" is given twice'],
  [['a=\ud800'], 'well-formed Unicode'],
])('refuses %j', (pairs, problem) => {
  expect(() => parseAttributes(pairs, billing)).toThrow(problem)
})

it('refuses two roles', () => {
  expect(() => parseAttributes(['aster.role=a'], { ...billing, role: 'b' })).toThrow('is given by --attr as well')
})
