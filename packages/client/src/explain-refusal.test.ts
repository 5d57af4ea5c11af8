import { AsterConfig } from '@aster/config'
import { generateKeyPair, generateNonce, signCredential } from '@aster/identity'
import { expect, it } from 'vitest'
import { explainRefusal } from './explain-refusal.ts'

const root = generateKeyPair()
const node = generateKeyPair()

function explain({ type, secretKey }: { type?: 'policy' | 'ott'; secretKey?: Uint8Array } = {}): readonly string[] {
  const fields = { endpointId: undefined, expiresAt: 4_102_444_800, attributes: {} }
  const credential =
    type &&
    signCredential(type === 'ott' ? { ...fields, type, nonce: generateNonce() } : { ...fields, type }, root.secretKey)
  const config = AsterConfig.from({ secretKey })
  return explainRefusal({ config, credential, rootPubkey: root.publicKey, addresses: [], warnings: [] }, node.publicKey)
}

it('tells of a missing credential, and of one that looks right', () => {
  expect(explain()).toEqual(['no credential was sent'])
  expect(explain({ type: 'policy' })).toEqual(['the credential was sent and looks right from here'])
})

it('tells how to go on with a one-time credential', () => {
  const used = 'the one-time credential may have been used before: enroll this consumer again for a new one'
  expect(explain({ type: 'ott' })).toEqual([expect.stringMatching(`^${used}, and keep the node key \\(secretKey`)])
  expect(explain({ type: 'ott', secretKey: node.secretKey.reveal() })).toEqual([
    `${used}; if the endpoint ${node.publicKey} used it, the producer lets this key in again while its access lasts (a producer of 0.1.x does not)`,
  ])
})
