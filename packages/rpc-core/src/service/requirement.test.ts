import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { AsterError } from '../aster-error.ts'
import { allOf, anyOf, isMet, type Requirement, satisfies, toRequirement } from './requirement.ts'

interface Vector {
  readonly requirement: { readonly kind: keyof typeof kinds; readonly roles: readonly string[] }
  readonly attributes: Readonly<Record<string, string>>
  readonly allowed: boolean
}

const kinds = { role: 'role', any_of: 'anyOf', all_of: 'allOf' } as const
const vectors = JSON.parse(
  readFileSync(new URL('../../fixtures/capabilities.json', import.meta.url), 'utf8'),
) as readonly Vector[]

const holding = (roles: string): Record<string, string> => ({ 'aster.role': roles })

/** The requirement of a vector, as a definition has it; `undefined` if no definition accepts it. */
function defined({ kind, roles }: Vector['requirement']): string | Requirement | undefined {
  try {
    if (kind === 'any_of') return anyOf(...roles)
    if (kind === 'all_of') return allOf(...roles)
    // Python reads only the first role of a rule for one role, and its definitions never have more.
    return roles.length === 1 ? toRequirement('test', roles[0]) : undefined
  } catch {
    return undefined
  }
}

describe('access rules', () => {
  it('are decided as Python decides them, in 1,008 cases', () => {
    expect(vectors).toHaveLength(1_008)
    const other = vectors.filter(({ requirement: { kind, roles }, attributes, allowed }) => {
      return isMet({ kind: kinds[kind], roles }, attributes) !== allowed
    })
    expect(other).toEqual([])
  })

  it('are decided as Python decides them if a definition accepts them, and are met by no peer otherwise', () => {
    let accepted = 0
    for (const { requirement, attributes, allowed } of vectors) {
      const rule = defined(requirement)
      if (rule !== undefined) {
        accepted += 1
        expect(satisfies(rule, attributes), JSON.stringify([requirement, attributes])).toBe(allowed)
        continue
      }
      const raw = { ...requirement, kind: kinds[requirement.kind] }
      expect(satisfies(raw, attributes), JSON.stringify([requirement, attributes])).toBe(false)
    }
    expect(accepted).toBeGreaterThan(750)
  })

  it('deny if their kind is unknown', () => {
    for (const kind of ['any_of', 'none', '', undefined]) {
      expect(isMet({ kind: kind as string, roles: ['ops'] }, holding('ops'))).toBe(false)
      expect(satisfies({ kind, roles: ['ops'] } as never, holding('ops'))).toBe(false)
    }
  })

  it('strip exactly the white space that Python strips', () => {
    for (const space of '\t\n\v\f\r\x1c\x1d\x1e\x1f \x85\xa0\u1680\u2000\u200a\u2028\u2029\u202f\u205f\u3000')
      expect(satisfies('ops', holding(`dev,${space}ops${space}${space}`)), escape(space)).toBe(true)
    for (const other of '\ufeff\u200b\u2060\x1b\x00\u180e')
      expect(satisfies('ops', holding(`${other}ops`)), escape(other)).toBe(false)
  })

  it('strip long runs of white space quickly', () => {
    expect(satisfies('b', holding(`a${' '.repeat(200_000)}x,b`))).toBe(true)
  })

  it.each<[string, unknown]>([
    ['no attributes', {}],
    ['nothing', undefined],
    ['null', null],
    ['a list', { 'aster.role': ['ops'] }],
    ['a number', { 'aster.role': 1 }],
    ['an attribute that is inherited', Object.create({ 'aster.role': 'ops' })],
  ])('find no role in %s', (_what, attributes) => {
    expect(satisfies('ops', attributes as never)).toBe(false)
    expect(satisfies(anyOf('ops', '1'), attributes as never)).toBe(false)
  })
})

/** Values of any type that are not rules, with the words for them in a message. */
const malformed: readonly [string, unknown, string][] = [
  ['nothing', undefined, 'found nothing'],
  ['null', null, 'found null'],
  ['false', false, 'found false'],
  ['a number', 5, 'found the integer 5'],
  ['a list of roles', ['ops'], 'found a list'],
  ['a function', anyOf, 'found a function'],
  ['a blank role', '', 'found a blank role'],
  ['a role of white space', ' \u2003\t', 'found a blank role'],
  ['a role of a byte order mark', '\ufeff', 'found a blank role'],
  ['a role of white space to Python alone', '\x85\x1c', 'found a blank role'],
  ['an object', {}, 'found an object of kind nothing'],
  ['a string object', Object('ops'), 'found an object of class String of kind nothing'],
  ['an unknown kind', { kind: 'any_of', roles: ['ops'] }, 'found an object of kind "any_of"'],
  ['no list of roles', { kind: 'anyOf', roles: 'ops' }, 'found a string as its roles'],
  ['a set of roles', { kind: 'anyOf', roles: new Set(['ops']) }, 'found an object of class Set as its roles'],
  ['no roles', { kind: 'allOf', roles: [] }, 'found no role'],
  ['a blank role among others', { kind: 'allOf', roles: ['ops', ' '] }, 'found a blank role'],
  ['a role that is no string', { kind: 'anyOf', roles: ['ops', undefined] }, 'found nothing'],
  ['a list with a hole', { kind: 'anyOf', roles: Array.of(...Array<string>(1)) }, 'found nothing'],
  ['two roles of the kind for one', { kind: 'role', roles: ['ops', 'dev'] }, 'found 2 roles'],
]

describe('a malformed rule', () => {
  it.each(malformed)('is refused as an option: %s', (_what, rule, found) => {
    expect(() => toRequirement('unary', rule)).toThrow(AsterError)
    expect(() => toRequirement('unary', rule)).toThrow(
      `unary: expected requires as a role, anyOf(…) or allOf(…), ${found}`,
    )
  })

  it.each(malformed)('is met by no peer: %s', (_what, rule) => {
    for (const roles of ['ops', '', ' ', 'ops,dev', '\ufeff', 'undefined,null,false,5'])
      expect(satisfies(rule as never, holding(roles))).toBe(false)
  })
})

describe.each([
  ['anyOf', anyOf],
  ['allOf', allOf],
] as const)('%s', (name, make) => {
  it.each<[string, readonly unknown[], string]>([
    ['no role', [], 'found no role'],
    ['a blank role', ['ops', ''], 'found a blank role'],
    ['a role of white space', ['\u00a0\n'], 'found a blank role'],
    ['a list', [['ops', 'dev']], 'found a list'],
    ['nothing', ['ops', undefined], 'found nothing'],
    ['a rule', [anyOf('ops')], 'found an object'],
  ])('refuses %s', (_what, roles, found) => {
    const define = () => make(...(roles as readonly string[]))
    expect(define).toThrow(AsterError)
    expect(define).toThrow(`${name}: expected roles, as in ${name}('ops.logs', 'ops.admin'), ${found}`)
  })

  it('keeps the roles unchanged, and is frozen', () => {
    const roles = [' ops', 'dev,ops', 'OPS']
    const rule = make(...roles)
    expect(rule).toEqual({ kind: name, roles: [' ops', 'dev,ops', 'OPS'] })
    expect(() => (rule.roles as string[]).pop()).toThrow(TypeError)
    expect(() => Object.assign(rule, { roles: [] })).toThrow(TypeError)
  })
})

it('a rule from elsewhere is copied, so that it stays as it was checked', () => {
  const given = { kind: 'anyOf' as const, roles: ['ops'] }
  const rule = toRequirement('test', given)
  given.roles.length = 0
  expect(rule).toEqual({ kind: 'anyOf', roles: ['ops'] })
  expect(toRequirement('test', rule)).toBe(rule)
})

it('a member of a text enum is a role', () => {
  const Role = { Admin: 'ops.admin' } as const
  expect(toRequirement('test', Role.Admin)).toEqual({ kind: 'role', roles: ['ops.admin'] })
})
