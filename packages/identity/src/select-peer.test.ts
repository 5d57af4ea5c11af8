import { describe, expect, it } from 'vitest'
import type { Identity, Peer } from './identity.ts'
import { generateKeyPair } from './secret-key.ts'
import { selectPeer } from './select-peer.ts'
import { signCredential } from './sign-credential.ts'

const root = generateKeyPair()
const consumer = (name: string): Peer => ({
  role: 'consumer',
  name,
  credential: signCredential({ type: 'policy', expiresAt: 1, attributes: {} }, root.secretKey),
})
const producer = (name: string): Peer => ({
  role: 'producer',
  name,
  credential: signCredential(
    { type: 'producer', endpointId: generateKeyPair().publicKey, expiresAt: 1, attributes: {} },
    root.secretKey,
  ),
})

describe('selectPeer', () => {
  const identity: Identity = {
    source: 'id',
    peers: [producer('a'), consumer('a'), consumer('b'), consumer('b'), producer('p')],
  }

  it('takes the entry of that name and role', () => {
    expect(selectPeer(identity, { role: 'producer', name: 'a' })).toBe(identity.peers[0])
    expect(selectPeer(identity, { role: 'consumer', name: 'a' })).toBe(identity.peers[1])
  })

  it('takes the first of the role where no name is given, or none', () => {
    expect(selectPeer(identity, { role: 'consumer' })).toBe(identity.peers[1])
    expect(selectPeer({ peers: [producer('a')] }, { role: 'consumer' })).toBeUndefined()
  })

  it.each([
    ['c', 'id peer: expected the name of a consumer, of which there are "a", "b", "b", found "c"'],
    ['p', 'id peer: expected the name of a consumer, of which there are "a", "b", "b", found "p", which is a producer'],
    ['b', 'id peer: expected one consumer named "b", found 2'],
  ])('refuses %s and says why', (name, message) => {
    expect(() => selectPeer(identity, { role: 'consumer', name })).toThrow(message)
    expect(() => selectPeer({ peers: [] }, { role: 'consumer', name })).toThrow(
      'expected the name of a consumer, found',
    )
  })
})
