import { inspect } from 'node:util'
import * as fc from 'fast-check'
import { hex } from '@scure/base'
import { describe, expect, it } from 'vitest'
import { secretKeys } from '../test/arbitraries.ts'
import { vectors } from '../test/vectors.ts'
import { IdentityError } from './identity-error.ts'
import { formatSecretKey, generateKeyPair, parseSecretKey, SecretKey } from './secret-key.ts'

const { rootSecret, rootPubkey } = vectors<{ rootSecret: string; rootPubkey: string }>('credentials')

describe('secret keys', () => {
  it('give the public key that belongs to them', () => {
    expect(new SecretKey(hex.decode(rootSecret)).publicKey).toBe(rootPubkey)
  })

  it('are new each time they are generated', () => {
    const { publicKey, secretKey } = generateKeyPair()
    expect(secretKey.publicKey).toBe(publicKey)
    expect(generateKeyPair().publicKey).not.toBe(publicKey)
  })

  it('are read from base64 and written to it', () => {
    fc.assert(
      fc.property(secretKeys, (key) => {
        expect(parseSecretKey(` ${formatSecretKey(key)}\n`).reveal()).toEqual(key.reveal())
      }),
    )
  })

  it('cannot be changed through the bytes given or revealed', () => {
    const bytes = hex.decode(rootSecret)
    const key = new SecretKey(bytes)
    bytes.fill(0)
    key.reveal().fill(0)
    expect(hex.encode(key.reveal())).toBe(rootSecret)
  })

  it.each([
    ['31 bytes', 'UByTShQ92U3lhe7GwzQw5FAkXlg28It51UJ4Hj/p3Q=='],
    ['33 bytes', 'UByTShQ92U3lhe7GwzQw5FAkXlg28It51UJ4Hj/p3dV4'],
    ['hex', '501c934a143dd94de585eec6c33430e450245e5836f08b79d542781e3fe9ddd5'],
    ['a foreign character', 'UByTShQ92U*3lhe7GwzQw5FAkXlg28It51UJ4Hj/p3dU='],
    ['no base64', '!'],
    ['a length that base64 never has', 'abcde'],
    ['bits left over', 'UByTShQ92U3lhe7GwzQw5FAkXlg28It51UJ4Hj/p3dV='],
    ['padding in the middle', 'UByTShQ92U3lhe7GwzQw5FAkXl==28It51UJ4Hj/p3dU'],
    ['nothing', ''],
  ])('are refused, and not repeated: %s', (_, text) => {
    expect.assertions(4)
    try {
      parseSecretKey(text, { source: 'ASTER_SECRET_KEY' })
    } catch (error) {
      expect(error).toBeInstanceOf(IdentityError)
      expect(error).toMatchObject({ field: 'secret_key', source: 'ASTER_SECRET_KEY' })
      expect(String(error)).toContain('ASTER_SECRET_KEY secret_key: expected base64')
      expect(inspect(error)).not.toContain(text === '' || text === '!' ? 'abcde' : text.slice(0, 5))
    }
  })

  it('never show in anything printed', () => {
    fc.assert(
      fc.property(secretKeys, (key) => {
        const printed = [String(key), JSON.stringify({ key }), inspect({ key }, { showHidden: true, depth: 9 })]
        printed.push(JSON.stringify(Object.entries(key)))
        const secrets = [hex.encode(key.reveal()), formatSecretKey(key), key.reveal().join(',').slice(0, 12)]
        for (const text of printed) for (const secret of secrets) expect(text).not.toContain(secret)
      }),
    )
  })
})
