import { runInNewContext } from 'node:vm'
import * as fc from 'fast-check'
import { hex } from '@scure/base'
import { describe, expect, it } from 'vitest'
import { attributes, endpointIds, secretKeys } from '../test/arbitraries.ts'
import { fixture, vectors } from '../test/vectors.ts'
import { canonicalAttributes } from './canonical-attributes.ts'
import { type Credential, generateNonce, type UnsignedCredential } from './credential.ts'
import { formatCredential, formatCredentialFile } from './format-credential.ts'
import { IdentityError } from './identity-error.ts'
import { parseCredential } from './parse-credential.ts'
import { SecretKey } from './secret-key.ts'
import { signCredential, verifyCredential } from './sign-credential.ts'
import { signingBytes } from './signing-bytes.ts'

interface Case {
  name: string
  kind: 'consumer' | 'producer'
  fields: {
    credential_type: 'policy' | 'ott' | null
    root_pubkey: string
    expires_at: string
    attributes: Record<string, string>
    endpoint_id: string | null
    nonce: string | null
    signature: string
  }
  canonicalAttributes: string
  signingBytesHex: string
  wireJson: string | null
}

const { rootSecret, valid, invalid, unsignable } = vectors<{
  rootSecret: string
  valid: Case[]
  invalid: Case[]
  unsignable: { name: string; attributes: Record<string, string>; expires_at: string }[]
}>('credentials')

const root = new SecretKey(hex.decode(rootSecret))

/** The JSON of a file, built without `JSON.stringify`, because numbers above 2^53 must keep their digits. */
function fileOf({ kind, fields }: Case): string {
  const { credential_type: type, expires_at: expiry, nonce, ...rest } = fields
  const table = { type: kind === 'producer' ? kind : type, ...rest, ...(kind === 'consumer' && { nonce }) }
  return `{"expires_at":${expiry},${JSON.stringify(table).slice(1)}`
}

const credentials: fc.Arbitrary<Credential> = fc
  .record({
    type: fc.constantFrom('policy' as const, 'ott' as const, 'producer' as const),
    endpointId: endpointIds,
    bound: fc.boolean(),
    expiresAt: fc.oneof(
      fc.integer({ min: 1 }),
      fc.bigInt({ min: BigInt(Number.MAX_SAFE_INTEGER) + 1n, max: 2n ** 64n - 1n }),
    ),
    attributes,
    key: secretKeys,
  })
  .map(({ type, endpointId, bound, key, ...rest }): Credential => {
    if (type === 'producer') return signCredential({ type, endpointId, ...rest }, key)
    const binding = bound ? { endpointId } : {}
    if (type === 'policy') return signCredential({ type, ...binding, ...rest }, key)
    return signCredential({ type, ...binding, ...rest, nonce: generateNonce() }, key)
  })

describe('credentials', () => {
  it.each(valid)('hold: $name', (vector) => {
    const credential = parseCredential(fileOf(vector))
    expect(canonicalAttributes(credential.attributes)).toBe(vector.canonicalAttributes)
    const foreign = runInNewContext('JSON.parse(text)', { text: JSON.stringify(credential.attributes) }) as Record<
      string,
      string
    >
    expect(canonicalAttributes(foreign)).toBe(vector.canonicalAttributes)
    expect(hex.encode(signingBytes(credential))).toBe(vector.signingBytesHex)
    expect(verifyCredential(credential)).toBe(true)
    expect(signCredential(credential, root)).toEqual(credential)
    expect(parseCredential(formatCredentialFile(credential))).toEqual(credential)
  })

  it.each(valid.flatMap(({ name, wireJson }) => (wireJson === null ? [] : { name, wireJson })))(
    'are read from the wire and written to it: $name',
    ({ wireJson }) => {
      const credential = parseCredential(wireJson, { wire: true })
      expect(verifyCredential(credential)).toBe(true)
      if (credential.type === 'producer') throw new Error('a consumer has no such credential')
      const written = formatCredential(credential)
      expect(JSON.parse(written)).toEqual(JSON.parse(wireJson))
      expect(parseCredential(written, { wire: true })).toEqual(credential)
    },
  )

  it.each(invalid)('do not hold: $name', (vector) => {
    const credential = parseCredential(fileOf(vector))
    expect(hex.encode(signingBytes(credential))).toBe(vector.signingBytesHex)
    expect(verifyCredential(credential)).toBe(false)
  })

  it.each(unsignable)('cannot be signed: $name', ({ attributes, expires_at: expiry }) => {
    const unsigned = { type: 'policy' as const, attributes, expiresAt: BigInt(expiry) }
    expect(() => signCredential(unsigned, root)).toThrow(IdentityError)
    const signed = { ...unsigned, rootPubkey: root.publicKey, signature: '00'.repeat(64) }
    expect(verifyCredential(signed)).toBe(false)
    expect(() => formatCredential(signed)).toThrow(IdentityError)
    const text = `{"type":"policy","attributes":${JSON.stringify(attributes)},"expires_at":${expiry}}`
    expect(() => parseCredential(text)).toThrow(IdentityError)
  })

  it.each(['c-policy.json', 'c-ott.json', 'c-producer.json', 'authorize.json'])(
    'of the Python tool hold: %s',
    (name) => {
      const credential = parseCredential(fixture(`aster-cli/${name}`))
      expect(verifyCredential(credential)).toBe(true)
      expect(JSON.parse(formatCredentialFile(credential))).toEqual(JSON.parse(fixture(`aster-cli/${name}`)))
    },
  )

  it('come back as they were written, and hold', () => {
    fc.assert(
      fc.property(credentials, (credential) => {
        expect(verifyCredential(credential)).toBe(true)
        expect(parseCredential(formatCredentialFile(credential))).toEqual(credential)
        if (credential.type === 'producer') return
        expect(parseCredential(formatCredential(credential), { wire: true })).toEqual(credential)
      }),
    )
  })

  it('do not hold under a weak root key, which signs everything', () => {
    const weak = `01${'00'.repeat(31)}`
    const credential = { type: 'policy' as const, attributes: {}, expiresAt: 4102444800, rootPubkey: weak }
    expect(verifyCredential({ ...credential, signature: `01${'00'.repeat(63)}` })).toBe(false)
  })

  it('are not signed in the name of another root key', () => {
    const unsigned: UnsignedCredential = { type: 'policy', attributes: {}, expiresAt: 1, rootPubkey: '00'.repeat(32) }
    expect(() => signCredential(unsigned, root)).toThrow('root_pubkey: expected the signing key')
  })
})

const good = {
  credential_type: 'ott',
  root_pubkey: 'AB'.repeat(32),
  expires_at: 1,
  attributes: { a: 'b' },
  endpoint_id: null,
  nonce: 'CD'.repeat(32),
  signature: 'EF'.repeat(64),
}

describe('parseCredential', () => {
  it('lowers hex, but not the endpoint id, whose text is signed', () => {
    expect(parseCredential(JSON.stringify({ ...good, endpoint_id: 'AB'.repeat(32) }))).toEqual({
      type: 'ott',
      rootPubkey: 'ab'.repeat(32),
      expiresAt: 1,
      attributes: { a: 'b' },
      endpointId: 'AB'.repeat(32),
      nonce: 'cd'.repeat(32),
      signature: 'ef'.repeat(64),
    })
  })

  it.each<[string, object, string]>([
    ['type', { credential_type: 'other' }, 'policy, ott or producer, found "other"'],
    ['type', { credential_type: undefined }, 'found nothing'],
    ['root_pubkey', { root_pubkey: 'ab' }, '64 hex digits, found a string of 2 characters'],
    ['root_pubkey', { root_pubkey: 'xy'.repeat(32) }, 'found a character that is not a hex digit'],
    ['expires_at', { expires_at: 0 }, 'whole seconds from 1 to 2^64 - 1, found 0'],
    ['expires_at', { expires_at: 1.5 }, 'found 1.5'],
    ['expires_at', { expires_at: '1' }, 'found a string of 1 character'],
    ['expires_at', { expires_at: null }, 'found null'],
    ['attributes', { attributes: [] }, 'an object with string values, found a list'],
    ['attributes["a"]', { attributes: { a: 1 } }, 'a string, found a number'],
    ['endpoint_id', { endpoint_id: '' }, 'found an empty string'],
    ['nonce', { nonce: null }, '64 hex digits, found null'],
    ['nonce', { credential_type: 'policy' }, 'none in a policy credential, found one'],
    ['nonce', { credential_type: 'producer', endpoint_id: 'ab'.repeat(32) }, 'none in a producer credential'],
    ['endpoint_id', { credential_type: 'producer', nonce: null }, '64 hex digits, found nothing'],
    ['signature', { signature: undefined }, '128 hex digits, found nothing'],
    ['expire_at', { expire_at: 2 }, 'expected expires_at, found the unknown key "expire_at"'],
    ['colour', { colour: 2 }, 'expected one of type, credential_type, root_pubkey'],
  ])('names %s in its error', (field, change, message) => {
    const text = JSON.stringify({ ...good, ...change })
    expect(() => parseCredential(text, { source: 'token.json' })).toThrow(message)
    expect(() => parseCredential(text, { source: 'token.json' })).toThrow(
      expect.objectContaining({ name: 'IdentityError', field, source: 'token.json' }),
    )
  })

  it('takes neither `type` nor unknown keys for anything on the wire', () => {
    expect(parseCredential(JSON.stringify({ ...good, extra: 1 }), { wire: true })).toMatchObject({ type: 'ott' })
    const { credential_type: type, ...rest } = good
    expect(parseCredential(JSON.stringify({ ...rest, type }))).toMatchObject({ type: 'ott' })
    expect(() => parseCredential(JSON.stringify({ ...rest, type }), { wire: true })).toThrow('type: expected')
  })

  it.each(['9007199254740993', '18446744073709551615'])('loses no digit of %s', (digits) => {
    const trap = '"a\\"1e5\\\\":"expires_at 5"'
    const text = JSON.stringify(good).replace(':1,', `: ${digits} ,`).replace('"a":"b"', trap)
    expect(parseCredential(text)).toMatchObject({
      expiresAt: BigInt(digits),
      attributes: { 'a"1e5\\': 'expires_at 5' },
    })
  })

  it.each(['18446744073709551616', '1e19', '9007199254740993.5', '-9007199254740993', '1e400'])(
    'refuses %s',
    (digits) => {
      expect(() => parseCredential(JSON.stringify(good).replace(':1,', `:${digits},`))).toThrow('expires_at: expected')
    },
  )

  it('repeats nothing of a text that is no credential', () => {
    for (const text of ['{"signature": "abc', 'abcabc', '["abc"]', '"abc"', 'null', '']) {
      expect(() => parseCredential(text)).toThrow(/^credential: expected a JSON object, found (?!.*abc)/)
    }
  })

  it('refuses garbage with an IdentityError', () => {
    const keys = fc.constantFrom(...Object.keys(good), 'type')
    const mangled = fc
      .dictionary(keys, fc.jsonValue())
      .map((change) => JSON.stringify({ ...good, signature: '', ...change }))
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.json(), mangled), fc.boolean(), (text, wire) => {
        expect(() => parseCredential(text, { wire })).toThrow(IdentityError)
      }),
    )
  })
})
