import { expect, it } from 'vitest'
import { parseAttributes } from './attributes.ts'

const billing = { name: 'billing' }

it('has the role, the name and every --attr', () => {
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
  [['team=a', 'team=b'], '"team" occurs twice'],
  [['a=\ud800'], 'well-formed Unicode'],
])('refuses %j', (pairs, problem) => {
  expect(() => parseAttributes(pairs, billing)).toThrow(problem)
})

it('lists capabilities as roles', () => {
  for (const list of ['ops.logs,ops.admin', ' ops.logs ,\tops.admin'])
    expect(parseAttributes(['team=blue'], { ...billing, capabilities: list })).toEqual({
      'aster.role': 'ops.logs,ops.admin',
      'aster.name': 'billing',
      team: 'blue',
    })
  expect(parseAttributes([], { ...billing, capabilities: 'ops' })).toMatchObject({ 'aster.role': 'ops' })
})

it.each(['', ' ', ',', 'a,', ',a', 'a,,b', 'a, ,b'])('refuses an empty capability: %j', (list) => {
  expect(() => parseAttributes([], { ...billing, capabilities: list })).toThrow(
    `--capabilities: expected roles separated by commas, as in ops.logs,ops.admin, found ${JSON.stringify(list)}`,
  )
})

it('refuses capabilities that are no Unicode, and those beside another role', () => {
  const capabilities = 'a,b'
  expect(() => parseAttributes([], { ...billing, capabilities: 'a,\ud800' })).toThrow('well-formed Unicode')
  expect(() => parseAttributes([], { ...billing, capabilities, role: 'ops' })).toThrow(
    '--capabilities: aster.role is given by --role as well',
  )
  expect(() => parseAttributes(['aster.role=x'], { ...billing, capabilities })).toThrow(
    '--capabilities: aster.role is given by --attr as well',
  )
})

it('refuses two roles', () => {
  expect(() => parseAttributes(['aster.role=a'], { ...billing, role: 'b' })).toThrow('is given by --attr as well')
})
