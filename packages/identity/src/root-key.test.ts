import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { secretKeys } from '../test/arbitraries.ts'
import { fixture, vectors } from '../test/vectors.ts'
import { IdentityError } from './identity-error.ts'
import { formatRootKey, formatRootPublicKey, parseRootKey, parseRootPublicKey } from './root-key.ts'
import { generateKeyPair } from './secret-key.ts'

interface Case {
  name: string
  files: Record<string, string>
  env: Record<string, string>
  expect: { rootPubkey?: string }
}

/** The cases that `ASTER_ROOT_PUBKEY_FILE` decides with a file of the working directory. */
const cases = vectors<{ cases: Case[] }>('identity-files').cases.flatMap(({ name, files, env, expect }) => {
  const text = files[env['ASTER_ROOT_PUBKEY_FILE']?.replace('DIR/', '') ?? '']
  return text === undefined || env['ASTER_ROOT_PUBKEY'] !== undefined
    ? []
    : [{ name, text, rootPubkey: expect.rootPubkey }]
})

describe('root keys', () => {
  it.each(cases)('$name', ({ text, rootPubkey }) => {
    if (rootPubkey === undefined) expect(() => parseRootPublicKey(text)).toThrow(IdentityError)
    else expect(parseRootPublicKey(text)).toBe(rootPubkey)
  })

  it('are read and written as `aster keygen root` has them', () => {
    const pair = parseRootKey(fixture('aster-cli/root.key'))
    expect(parseRootPublicKey(fixture('aster-cli/root.pub'))).toBe(pair.publicKey)
    expect(parseRootPublicKey(fixture('aster-cli/root.key'))).toBe(pair.publicKey)
    expect(formatRootKey(pair)).toBe(fixture('aster-cli/root.key'))
    expect(formatRootPublicKey(pair.publicKey)).toBe(fixture('aster-cli/root.pub'))
  })

  it('may have blanks around the public key', () => {
    const { publicKey } = generateKeyPair()
    expect(parseRootPublicKey(JSON.stringify({ public_key: ` ${publicKey} ` }))).toBe(publicKey)
  })

  it('come back as they were written', () => {
    fc.assert(
      fc.property(secretKeys, (secretKey) => {
        const again = parseRootKey(formatRootKey({ publicKey: secretKey.publicKey, secretKey }))
        expect(again.secretKey.reveal()).toEqual(secretKey.reveal())
        expect(parseRootPublicKey(` ${secretKey.publicKey.toUpperCase()}\n`)).toBe(secretKey.publicKey)
      }),
    )
  })

  it('that do not belong together are refused', () => {
    const pair = { publicKey: generateKeyPair().publicKey, secretKey: generateKeyPair().secretKey }
    expect(() => parseRootKey(formatRootKey(pair), { source: 'root.key' })).toThrow(
      `root.key public_key: expected ${pair.secretKey.publicKey}, which belongs to private_key, found ${pair.publicKey}`,
    )
  })

  it.each([
    ['hello', 'public_key: expected 64 hex digits, found a string of 5 characters'],
    ['', 'public_key: expected 64 hex digits, found an empty string'],
    ['ab '.repeat(32), 'public_key: expected 64 hex digits'],
    ['{"public_key":"abcd"}', 'public_key: expected 64 hex digits, found a string of 4 characters'],
    ['{"private_key":"abcd"}', 'public_key: expected 64 hex digits, found nothing'],
    ['{oops', 'root key: expected a JSON object'],
  ])('refuses %j', (text, message) => {
    expect(() => parseRootPublicKey(text)).toThrow(message)
    expect(() => parseRootKey(text)).toThrow(IdentityError)
  })

  it('refuses garbage with an IdentityError, and repeats none of it', () => {
    const table = fc
      .dictionary(fc.constantFrom('private_key', 'public_key'), fc.jsonValue())
      .map((value) => JSON.stringify(value))
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), table), (text) => {
        expect(() => parseRootPublicKey(text)).toThrow(IdentityError)
        expect(() => parseRootKey(text)).toThrow(IdentityError)
      }),
    )
    const secret = 'f'.repeat(63)
    expect(() => parseRootKey(`{"private_key":"${secret}"}`)).toThrow(/^(?!.*ffff)/)
  })
})
