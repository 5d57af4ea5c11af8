import { expect, it } from 'vitest'
import type { NamedTypeDescription } from './description.ts'
import { namedTypesIn } from './named-types.ts'

const struct = (name: string, ...of: string[]): NamedTypeDescription => ({
  kind: 'struct',
  name,
  tag: name,
  fields: of.map((one) => ({
    name: one,
    wireName: one,
    type: { kind: 'list', element: { kind: 'struct', name: one } },
  })),
})

it('lists each named type once, the outer ones first, and those that a value without a type may have', () => {
  const index = new Map(
    [struct('A', 'B', 'C'), struct('B', 'D', 'A'), struct('C'), struct('D'), struct('E'), struct('F')].map(
      (one) => [one.name, one] as const,
    ),
  )
  const types = [
    { kind: 'optional', inner: { kind: 'struct', name: 'A' } },
    { kind: 'any', of: [{ kind: 'struct', name: 'E' }] },
    { kind: 'struct', name: 'unknown' },
  ] as const
  expect(namedTypesIn(types, index).map(({ name }) => name)).toEqual(['A', 'E', 'B', 'C', 'D'])
})
