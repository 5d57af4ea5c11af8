import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { loadNative } from './native.ts'
import { assertSocketAddress } from '../addresses.ts'
import { nativeAddress } from './native-address.ts'

const iroh = await loadNative()
const endpointId = iroh.SecretKey.generate().public().toString()

describe('nativeAddress', () => {
  it('accepts an id, a relay and addresses of both families', () => {
    const native = nativeAddress(iroh, {
      endpointId,
      relayUrl: 'https://relay.example',
      addresses: ['192.0.2.1:4433', '[2001:db8::1]:1', '[::ffff:192.0.2.1]:65535'],
    })
    expect(native.id().toString()).toBe(endpointId)
    expect(native.directAddresses().length).toBe(3)
    expect(native.relayUrl()).toContain('relay.example')
  })

  it.each([
    ['endpointId', { endpointId: endpointId.toUpperCase().replace(/^\d+$/, 'AB'), addresses: [] }],
    ['endpointId', { endpointId: '', addresses: [] }],
    ['endpointId', { endpointId: `02${'0'.repeat(62)}`, addresses: [] }],
    ['relayUrl', { endpointId, relayUrl: 'not a url', addresses: [] }],
    ['address', { endpointId, addresses: ['127.0.0.1:1', 'localhost:1'] }],
  ])('names the wrong part: %s', (name, address) => {
    expect(() => nativeAddress(iroh, address)).toThrow(expect.objectContaining({ kind: 'misuse' }))
    expect(() => nativeAddress(iroh, address)).toThrow(new RegExp(`^${name} is ".*"; expected `))
  })

  it('accepts only addresses that the addon can parse', async () => {
    const part = fc.oneof(fc.integer({ min: -1, max: 70_000 }).map(String), fc.string({ maxLength: 4 }))
    const text = fc.oneof(
      fc.tuple(part, part, part, part, part).map(([a, b, c, d, port]) => `${a}.${b}.${c}.${d}:${port}`),
      fc.tuple(fc.ipV6(), part).map(([ip, port]) => `[${ip}]:${port}`),
      fc.tuple(fc.ipV4(), fc.nat(65_535)).map(([ip, port]) => `${ip}:${port}`),
      fc.stringMatching(/^\[[0-9a-f:.%]{1,12}\]:\d{1,5}$/),
      fc.string(),
    )
    fc.assert(
      fc.property(text, (address) => {
        const builder = iroh.Endpoint.builder()
        try {
          assertSocketAddress('address', address)
        } catch (error) {
          expect(error).toMatchObject({ name: 'TransportError', kind: 'misuse' })
          return
        }
        builder.bindAddr(address)
      }),
    )
  })
})
