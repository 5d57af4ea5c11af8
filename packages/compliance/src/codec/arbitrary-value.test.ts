import { check, type Kind } from '@aster/rpc-core'
import { wireType } from '@aster/rpc-core/schema'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { arbitrarySchema } from './arbitrary-schema.ts'
import { arbitraryValue } from './arbitrary-value.ts'
import { expectSame } from './same.ts'
import { schemaText } from './values.ts'

const message = arbitrarySchema().chain((type) => arbitraryValue(type).map((value) => ({ type, value })))

it('makes complete values of the type', () => {
  fc.assert(
    fc.property(message, ({ type, value }) => {
      expectSame(check(type, value), value)
    }),
    { numRuns: 500 },
  )
})

it('leaves out the kinds that a format does not carry', () => {
  const without: Kind[] = ['any', 'uint64', 'map', 'set']
  fc.assert(
    fc.property(arbitrarySchema({ without }), (type) => {
      expect(schemaText(type)).not.toMatch(/: (lazy |optional<|list<|record<)*(any|uint64|map<|set<)/)
    }),
    { numRuns: 500 },
  )
})

it('makes every kind', () => {
  const found = new Set<string>()
  for (const type of fc.sample(arbitrarySchema(), 500)) {
    for (const field of type.fields) found.add(wireType(field.type).kind)
  }
  expect([...found].toSorted()).toEqual([
    'any',
    'bool',
    'bytes',
    'date',
    'enum',
    'float32',
    'float64',
    'int',
    'int16',
    'int32',
    'int64',
    'int8',
    'lazy',
    'list',
    'map',
    'optional',
    'record',
    'set',
    'string',
    'struct',
    'timestamp',
    'uint16',
    'uint32',
    'uint64',
    'uint8',
  ])
})
