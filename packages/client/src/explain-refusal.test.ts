import { AsterConfig } from '@aster/config'
import { generateKeyPair, generateNonce, signCredential } from '@aster/identity'
import { expect, it } from 'vitest'
import { explainRefusal } from './explain-refusal.ts'
import type { ClientSettings } from './settings.ts'

const root = generateKeyPair()
const node = generateKeyPair()
const here = `this node is ${node.publicKey}`
const sides = `the credential is of root key ${root.publicKey}, and ${here}`

interface Situation extends Partial<ClientSettings> {
  readonly type?: 'policy' | 'ott'
  readonly secretKey?: Uint8Array
  readonly producerRoot?: string
}

function explain({ type, secretKey, producerRoot, ...more }: Situation = {}): readonly string[] {
  const fields = { endpointId: undefined, expiresAt: 4_102_444_800, attributes: {} }
  const credential =
    type &&
    signCredential(type === 'ott' ? { ...fields, type, nonce: generateNonce() } : { ...fields, type }, root.secretKey)
  const config = AsterConfig.from({ secretKey })
  const settings = { config, credential, rootPubkey: root.publicKey, addresses: [], warnings: [], ...more }
  return explainRefusal(settings, { endpointId: node.publicKey, producerRoot })
}

it('names a missing credential, and one that looks right', () => {
  expect(explain()).toEqual(['no credential was sent', here])
  expect(explain({ type: 'policy' })).toEqual(['the credential was sent and looks right from here', sides])
})

it('suggests the next step for a one-time credential', () => {
  const used = 'the one-time credential may have been used before: enroll this consumer again for a new one'
  expect(explain({ type: 'ott' })).toEqual([
    expect.stringMatching(`^${used}, and keep the node key \\(secretKey`),
    sides,
  ])
  expect(explain({ type: 'ott', secretKey: node.secretKey.reveal() })).toEqual([
    `${used}; if the endpoint ${node.publicKey} used it, the producer lets this key in again while its access lasts (a producer of 0.1.x does not)`,
    sides,
  ])
})

it('names the identity file that was not found, and the file of the credential', () => {
  const identityFile = { path: '/app/.aster-identity', found: false }
  expect(explain({ identityFile })[0]).toBe('no credential was sent: there is no identity file /app/.aster-identity')
  expect(explain({ identityFile: { ...identityFile, found: true } })[0]).toBe('no credential was sent')
  expect(explain({ type: 'policy', credentialFile: '/etc/me.json' })[1]).toBe(
    `the credential in /etc/me.json is of root key ${root.publicKey}, and ${here}`,
  )
})

it('says that the credential is of another root than the producer, for every expected root', () => {
  const other = generateKeyPair().publicKey
  for (const rootPubkey of [undefined, root.publicKey]) {
    expect(explain({ type: 'policy', rootPubkey, producerRoot: other })).toEqual([
      `the credential is of another root than the producer: it is signed by root key ${root.publicKey}, and the producer's is ${other}`,
      sides,
    ])
    expect(explain({ type: 'policy', rootPubkey, producerRoot: root.publicKey })[0]).toMatch('looks right')
  }
})
