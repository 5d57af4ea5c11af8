import { describe, expect, it } from 'vitest'
import { credentialFindings } from './credential-findings.ts'
import { generateKeyPair } from './secret-key.ts'
import { signCredential } from './sign-credential.ts'

const root = generateKeyPair()
const node = generateKeyPair()
const other = generateKeyPair()
const credential = signCredential(
  { type: 'policy', endpointId: node.publicKey, expiresAt: 1000, attributes: {} },
  root.secretKey,
)

const kinds = (...args: Parameters<typeof credentialFindings>) => credentialFindings(...args).map(({ kind }) => kind)

describe('credentialFindings', () => {
  it('finds nothing where nothing is wrong', () => {
    expect(kinds(credential, { now: 999_999, endpointId: node.publicKey, rootPubkey: root.publicKey })).toEqual([])
  })

  it('tells that it expired, from the very second on', () => {
    expect(credentialFindings(credential, { now: 1_000_000 })).toEqual([
      { kind: 'expired', message: 'the credential expired at 1970-01-01T00:16:40.000Z' },
    ])
    expect(kinds(credential)).toEqual(['expired'])
  })

  it('tells that it is bound to another endpoint id, also where only the case differs', () => {
    expect(kinds(credential, { now: 0, endpointId: other.publicKey })).toEqual(['other-endpoint'])
    const upper = { ...credential, endpointId: node.publicKey.toUpperCase() }
    expect(kinds(upper, { now: 0, endpointId: node.publicKey })).toEqual(['other-endpoint', 'bad-signature'])
  })

  it('tells that the signature does not hold', () => {
    expect(kinds({ ...credential, attributes: { a: 'b' } }, { now: 0 })).toEqual(['bad-signature'])
  })

  it('tells that another root key signed it than the expected one', () => {
    expect(kinds(credential, { now: 0, rootPubkey: other.publicKey })).toEqual(['other-root'])
    expect(kinds(credential, { now: 0, rootPubkey: root.publicKey.toUpperCase() })).toEqual([])
  })

  it('takes an expiry above 2^53', () => {
    const late = signCredential({ type: 'policy', expiresAt: 2n ** 64n - 1n, attributes: {} }, root.secretKey)
    expect(kinds(late)).toEqual([])
  })
})
