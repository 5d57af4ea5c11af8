import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { socketAddresses } from '../test/arbitraries.ts'
import { vectors } from '../test/vectors.ts'
import { IdentityError } from './identity-error.ts'
import { formatSocketAddress, parseSocketAddress } from './socket-address.ts'

const { addressTexts } = vectors<{ addressTexts: { input: string; valid: boolean; canonical: string | null }[] }>(
  'tickets',
)

const canonical = (text: string) => formatSocketAddress(parseSocketAddress(text))

describe('socket addresses', () => {
  it.each(addressTexts)('$input', ({ input, canonical: expected }) => {
    if (expected === null) expect(() => parseSocketAddress(input)).toThrow(IdentityError)
    else expect(canonical(input)).toBe(expected)
  })

  it.each([
    ['[1:0:0:2:0:0:0:3]:1', '[1:0:0:2::3]:1'],
    ['[0:0:1:0:0:1:1:1]:1', '[::1:0:0:1:1:1]:1'],
    ['[1:2:3:4:5:6:7::]:1', '[1:2:3:4:5:6:7:0]:1'],
    ['[::2:3:4:5:6:7:8]:1', '[0:2:3:4:5:6:7:8]:1'],
    ['[::FFFF:102:304]:1', '[::ffff:1.2.3.4]:1'],
    ['[1:2:3:4:5:6:1.2.3.4]:1', '[1:2:3:4:5:6:102:304]:1'],
  ])('%s is written as %s', (input, expected) => {
    expect(canonical(input)).toBe(expected)
  })

  it.each([
    '[1:2:3:4:5:6:7]:1',
    '[1:2:3:4::5:6:7:8]:1',
    '[1::2::3]:1',
    '[:::]:1',
    '[1:]:1',
    '[12345::]:1',
    '[1.2.3.4::]:1',
    '[::1.2.3.4:5]:1',
    '[::1%4294967296]:1',
    '[1.2.3.4]:1',
    '256.0.0.1:1',
    '1.2.3.4:1\n',
    '1.2.3.4:+1',
  ])('%s is refused', (input) => {
    expect(() => parseSocketAddress(input)).toThrow(IdentityError)
  })

  it('come back as they were written', () => {
    fc.assert(
      fc.property(socketAddresses, (text) => {
        expect(canonical(text)).toBe(text)
      }),
    )
  })

  it('are read or refused with an IdentityError, whatever the text', () => {
    const text = fc.string({ unit: fc.constantFrom(...'0123456789abcf:.[]%'.split('')) })
    fc.assert(
      fc.property(text, (input) => {
        try {
          const once = canonical(input)
          expect(canonical(once)).toBe(once)
        } catch (error) {
          expect(error).toBeInstanceOf(IdentityError)
        }
      }),
    )
  })
})
