import { isWellFormed } from '@aster/rpc-core/schema'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  encodeName,
  chooseEncoding,
  NameEncoding,
  type NameRole,
  unpackName,
  registrationProblem,
} from './meta-string.ts'

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
const roles = fc.constantFrom<NameRole>('namespace', 'typeName')

describe('encodeName', () => {
  it.each<[string, NameRole, string]>([
    ['', 'namespace', '00'],
    ['_aster', 'namespace', '08016c129922'],
    ['RpcStatus', 'typeName', '0e0256785626026a24'],
    ['StreamHeader', 'typeName', '120476538900ce9c801922'],
    ['CallHeader', 'typeName', '1002380165c220018888'],
    ['Point', 'typeName', '0803bdc86cc0'],
    ['aBcdef', 'typeName', '0a0403a110c850'],
    ['A1', 'typeName', '040235a8'],
    ['a/b', 'namespace', '0600612f62'],
    ['Outer.Inner', 'typeName', '16004f757465722e496e6e6572'],
  ])('writes %j as a %s as pyfory does', (text, role, bytes) => {
    expect(hex(encodeName(text, role))).toBe(bytes)
  })

  it('writes a hash before more than 16 bytes', () => {
    expect(hex(encodeName('x'.repeat(26), 'namespace'))).toMatch(/^2201d2018c328ab8b8def7/)
  })
})

describe('unpackName', () => {
  it('returns any name that was packed', () => {
    const name = fc.oneof(
      fc.string({ unit: fc.constantFrom('a', 'b', 'z', 'A', 'Z', '0', '9', '.', '_', '$', '|'), maxLength: 40 }),
      fc.string({ unit: 'grapheme' }),
      fc.stringMatching(/^[A-Z][a-z]{0,20}$/),
    )
    fc.assert(
      fc.property(
        name.filter((text) => text !== '' && isWellFormed(text)),
        roles,
        (text, role) => {
          const bytes = encodeName(text, role)
          const header = bytes.findIndex((byte) => byte < 0x80) + 1
          const size = bytes.slice(0, header).reduceRight((sum, byte) => sum * 128 + (byte & 127), 0) >> 1
          expect(bytes[header]).toBe(chooseEncoding(text, role))
          expect(unpackName(bytes.subarray(bytes.length - size), role, chooseEncoding(text, role))).toBe(text)
        },
      ),
    )
  })

  it('returns a string or undefined for any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 30 }), roles, fc.nat(7), (bytes, role, encoding) => {
        expect(['string', 'undefined']).toContain(typeof unpackName(bytes, role, encoding))
      }),
    )
  })

  it('refuses an encoding above the four', () => {
    expect(unpackName(Uint8Array.of(0), 'typeName', NameEncoding.ALL_UPPER + 1)).toBeUndefined()
  })
})

describe('registrationProblem', () => {
  it.each(['Café', 'café', 'ª', 'a²', '١', 'Ⅰ', 'ⓐ', 'Café$', '\ud800', 'x'.repeat(32_767)])(
    'is %j as a type name',
    (name) => {
      expect(registrationProblem(name, 'typeName')).toBeTypeOf('string')
    },
  )

  it.each(['Point', 'ǅ', 'aǅ', 'Café.x', 'Café-x', '点', '点a', '½', '〇', 'x'.repeat(32_766)])('is not %j', (name) => {
    expect(registrationProblem(name, 'typeName')).toBeUndefined()
  })

  it('depends on the role', () => {
    expect(registrationProblem('Café.x', 'namespace')).toBeTypeOf('string')
    expect(registrationProblem('Café$x', 'namespace')).toBeUndefined()
  })
})
