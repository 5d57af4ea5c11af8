import * as fc from 'fast-check'
import { generateKeyPair, generateNonce, signCredential } from '@aster/identity'
import { describe, expect, it } from 'vitest'
import { emptyRequest, NOW_MS, NOW_S, requestWith, root } from '../test/credentials.ts'
import { ConsumerGate, type ConsumerGateOptions } from './consumer-gate.ts'
import { AdmissionError } from './errors.ts'
import { MemoryNonceStore, type NonceStore } from './nonce-store.ts'

const [alice, bob] = [generateKeyPair().publicKey, generateKeyPair().publicKey]

/** A gate with a clock that the test moves. */
function gateAt(start: number, options: Partial<ConsumerGateOptions> = {}) {
  const clock = { ms: start }
  const now = () => clock.ms
  const gate = new ConsumerGate({
    rootPubkey: root.publicKey,
    nonceStore: new MemoryNonceStore({ now }),
    now,
    ...options,
  })
  return { gate, clock }
}

const open = { allowAllConsumers: true }

describe('access', () => {
  it('belongs to the endpoint id that was admitted, with its attributes', async () => {
    const { gate } = gateAt(NOW_MS)
    const attributes = { 'aster.role': 'consumer' }
    expect(await gate.decide(requestWith({ attributes }), alice)).toMatchObject({ admitted: true, attributes })
    expect(gate.access(alice)).toEqual({ attributes })
    expect(gate.access(bob)).toBeUndefined()
  })

  it('ends with the credential', async () => {
    const { gate, clock } = gateAt(NOW_MS)
    await gate.decide(requestWith({ expiresAt: NOW_S + 60 }), alice)
    clock.ms += 59_999
    expect(gate.access(alice)).toBeDefined()
    clock.ms += 1
    expect(gate.access(alice)).toBeUndefined()
  })

  it.each([
    [{}, 24 * 60 * 60 * 1000],
    [{ peerTtlS: 3 }, 3000],
  ])('ends after the TTL where the credential lasts longer: %j', async (options, ttlMs) => {
    const { gate, clock } = gateAt(NOW_MS, options)
    await gate.decide(requestWith({ expiresAt: 2n ** 64n - 1n }), alice)
    clock.ms += ttlMs - 1
    expect(gate.access(alice)).toBeDefined()
    clock.ms += 1
    expect(gate.access(alice)).toBeUndefined()
  })

  it('begins anew with another admission, and has what the last one says', async () => {
    const { gate, clock } = gateAt(NOW_MS, { peerTtlS: 10 })
    await gate.decide(requestWith({ attributes: { team: 'red' } }), alice)
    clock.ms += 9000
    await gate.decide(requestWith({ attributes: { team: 'blue' } }), alice)
    clock.ms += 9000
    expect(gate.access(alice)).toEqual({ attributes: { team: 'blue' } })
  })

  it('is not taken away by a later refusal', async () => {
    const { gate } = gateAt(NOW_MS)
    expect(await gate.decide(requestWith({ type: 'ott' }), alice)).toMatchObject({ admitted: true })
    expect(await gate.decide(requestWith({ expiresAt: NOW_S }), alice)).toMatchObject({ admitted: false })
    expect(await gate.decide(emptyRequest, alice)).toMatchObject({ admitted: false })
    expect(gate.access(alice)).toBeDefined()
  })

  it('is there for everybody at an open gate, with attributes for those who sent a credential', async () => {
    const { gate } = gateAt(NOW_MS, open)
    expect(gate.access(alice)).toEqual({ attributes: {} })
    await gate.decide(requestWith({ attributes: { team: 'red' } }), alice)
    expect(gate.access(alice)).toEqual({ attributes: { team: 'red' } })
    await gate.decide(emptyRequest, alice)
    expect(gate.access(alice)).toEqual({ attributes: {} })
  })

  it('is remembered for so many peers, the latest', async () => {
    const { gate } = gateAt(NOW_MS, { maxPeers: 2 })
    const request = requestWith()
    for (const peer of ['a', 'b', 'c']) await gate.decide(request, peer)
    expect(['a', 'b', 'c'].map((peer) => gate.access(peer) !== undefined)).toEqual([false, true, true])
  })

  it('returns attributes that no handler can change for another call', async () => {
    const { gate } = gateAt(NOW_MS)
    await gate.decide(requestWith({ attributes: { team: 'red' } }), alice)
    expect(() => Object.assign(gate.access(alice)!.attributes, { team: 'blue' })).toThrow(TypeError)
  })
})

describe('a decision', () => {
  const stranger = generateKeyPair()
  const change = (request: ReturnType<typeof requestWith>, from: RegExp, to: string) => ({
    ...request,
    credentialJson: request.credentialJson.replace(from, to),
  })

  it.each([
    ['no credential', emptyRequest, 'no credential was sent'],
    ['an expired credential', requestWith({ expiresAt: NOW_S }), 'expired'],
    ['a credential of another endpoint', requestWith({ endpointId: bob }), `bound to endpoint id ${bob}`],
    ['a credential of another root', requestWith({ key: stranger }), `names the root key ${stranger.publicKey}`],
    ['a changed credential', change(requestWith(), /"expires_at":\d+/, '"expires_at":1900000000'), 'signature'],
    ['a demand for an identity document', requestWith({ attributes: { 'aster.iid_provider': 'aws' } }), "'aws'"],
    [
      'a demand for an unknown document',
      requestWith({ attributes: { 'aster.iid_provider': '' } }),
      'identity document',
    ],
    ['something else', { credentialJson: 'hello', iidToken: '' }, 'expected a JSON object'],
  ])('is a refusal for %s, with the reason for the log', async (_what, request, reason) => {
    const { gate } = gateAt(NOW_MS)
    expect(await gate.decide(request, alice)).toMatchObject({
      admitted: false,
      reason: expect.stringContaining(reason),
    })
    expect(gate.access(alice)).toBeUndefined()
  })

  it('is a refusal for a wrong credential at an open gate, too', async () => {
    const { gate } = gateAt(NOW_MS, open)
    expect(await gate.decide(requestWith({ expiresAt: 1 }), alice)).toMatchObject({ admitted: false })
  })

  it('is a refusal for the credential of a producer, however well it is signed', async () => {
    const { gate } = gateAt(NOW_MS)
    const fields = { type: 'producer', endpointId: alice, expiresAt: NOW_S + 60, attributes: {} } as const
    const { signature } = signCredential(fields, root.secretKey)
    const credentialJson = JSON.stringify({
      credential_type: 'producer',
      root_pubkey: root.publicKey,
      expires_at: fields.expiresAt,
      attributes: {},
      endpoint_id: alice,
      signature,
    })
    expect(await gate.decide({ credentialJson, iidToken: '' }, alice)).toMatchObject({
      admitted: false,
      reason: 'the credential is that of a producer',
    })
  })

  it.each(['required', 'open'])(
    'takes a one-time credential of one endpoint, where a credential is %s',
    async (kind) => {
      const { gate } = gateAt(NOW_MS, kind === 'open' ? open : {})
      const request = requestWith({ type: 'ott' })
      const peers = [alice, bob, alice, bob]
      const decisions = await Promise.all(peers.map((peer) => gate.decide(request, peer)))
      expect(peers.filter((_peer, index) => decisions[index]?.admitted)).toEqual([alice, alice])
      expect(decisions[1]).toMatchObject({ reason: 'the one-time credential was used before' })
    },
  )

  it('takes no one-time credential where its use is not recorded', async () => {
    const { gate } = gateAt(NOW_MS, { nonceStore: undefined })
    expect(await gate.decide(requestWith({ type: 'ott' }), alice)).toMatchObject({ admitted: false })
    expect(await gate.decide(requestWith(), alice)).toMatchObject({ admitted: true })
  })

  it.each([
    ['expired', { expiresAt: NOW_S - 1 }, NOW_MS - 2000, alice],
    ['presented by another endpoint', { endpointId: alice }, NOW_MS, alice],
  ])('leaves a one-time credential unused that is %s', async (_what, wishes, at, rightPeer) => {
    const { gate, clock } = gateAt(NOW_MS)
    const request = requestWith({ type: 'ott', ...wishes })
    expect(await gate.decide(request, bob)).toMatchObject({ admitted: false })
    clock.ms = at
    expect(await gate.decide(request, rightPeer)).toMatchObject({ admitted: true })
  })

  it('uses up a one-time credential whose identity document cannot be verified', async () => {
    const used: string[] = []
    const nonceStore: NonceStore = { use: async (nonce) => used.push(nonce) > 0 }
    const { gate } = gateAt(NOW_MS, { nonceStore })
    const nonce = generateNonce()
    await gate.decide(requestWith({ type: 'ott', nonce, attributes: { 'aster.iid_provider': 'gcp' } }), alice)
    expect(used).toEqual([nonce])
  })

  it('is a refusal when the nonce store fails, and keeps the failure for the log', async () => {
    const failure = new Error('disk full')
    const { gate } = gateAt(NOW_MS, { nonceStore: { use: () => Promise.reject(failure) } })
    const decision = await gate.decide(requestWith({ type: 'ott', attributes: { team: 'red' } }), alice)
    expect(decision).toMatchObject({ admitted: false, cause: failure, credential: { attributes: { team: 'red' } } })
    expect(gate.access(alice)).toBeUndefined()
  })

  it('repeats the attributes of a credential only where the root key vouches for them', async () => {
    const { gate } = gateAt(NOW_MS)
    const request = requestWith({ attributes: { team: 'red' } })
    const forged = await gate.decide(change(request, /"red"/, '"admin"'), alice)
    expect(forged.credential).toEqual({ type: 'policy', expiresAt: NOW_S + 3600 })
    const expired = await gate.decide(requestWith({ attributes: { team: 'red' }, expiresAt: 5 }), alice)
    expect(expired.credential).toEqual({ type: 'policy', expiresAt: 5, attributes: { team: 'red' } })
  })

  it('is a refusal for any garbage, without an exception or a part of the text', async () => {
    const { gate } = gateAt(NOW_MS, open)
    const members = fc.record(
      {
        credential_type: fc.oneof(fc.constantFrom('policy', 'ott', 'producer'), fc.anything()),
        root_pubkey: fc.oneof(fc.constant(root.publicKey), fc.anything()),
        expires_at: fc.oneof(fc.constant(NOW_S + 60), fc.anything()),
        attributes: fc.anything(),
        endpoint_id: fc.oneof(fc.constant(null), fc.anything()),
        nonce: fc.oneof(fc.constant(null), fc.constant('ab'.repeat(32)), fc.anything()),
        signature: fc.oneof(fc.constant('5ec2e7'.repeat(20) + 'abababab'), fc.anything()),
      },
      { requiredKeys: [] },
    )
    const texts = fc.oneof(fc.string({ minLength: 1 }), fc.json(), members.map(jsonOf))
    await fc.assert(
      fc.asyncProperty(texts, async (credentialJson) => {
        const decision = await gate.decide({ credentialJson, iidToken: '' }, alice)
        expect(decision.admitted).toBe(false)
        expect(JSON.stringify(decision)).not.toContain('5ec2e7')
      }),
    )
  })
})

const jsonOf = (value: object): string =>
  JSON.stringify(value, (_key, one: unknown) => (typeof one === 'bigint' ? Number(one) : one))

it.each([
  { rootPubkey: 'abc' },
  { rootPubkey: root.publicKey, peerTtlS: 0 },
  { rootPubkey: root.publicKey, peerTtlS: NaN },
  { rootPubkey: root.publicKey, maxPeers: 0 },
])('is not made with %j', (options) => {
  expect(() => new ConsumerGate(options)).toThrow(AdmissionError)
})
