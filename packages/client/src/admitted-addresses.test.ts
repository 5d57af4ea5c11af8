import type { ServiceSummary } from '@aster/admission'
import { formatNodeAddr, formatTicket, generateKeyPair, parseAddress } from '@aster/identity'
import type { ConnectionPath, NodeAddr } from '@aster/rpc-core'
import { describe, expect, it } from 'vitest'
import { FakeConnection } from '../test/fake-transport.ts'
import { type AddressRules, addressRules, usableServices } from './admitted-addresses.ts'

const { publicKey: endpointId } = generateKeyPair()
const everywhere: AddressRules = { loopback: true, link: true }
const remote: AddressRules = { loopback: false, link: false }

const service = (channels: Record<string, string>): ServiceSummary => ({
  name: 'Echo',
  version: 1,
  contractId: '',
  channels,
  pattern: 'shared',
  serializationModes: ['json'],
})

/** Returns the address of the only channel that is used, and the number of addresses that are left out. */
function used(address: Partial<NodeAddr>, rules: AddressRules) {
  const text = formatNodeAddr({ endpointId, addresses: [], ...address })
  const { services, leftOut } = usableServices([service({ rpc: text })], rules)
  const { addresses, relayUrl } = parseAddress(services[0]?.channels['rpc'] ?? '')
  return { addresses, relayUrl, leftOut }
}

describe('the addresses of an admission answer', () => {
  it.each([
    '127.0.0.1:1',
    '127.255.255.254:1',
    '0.0.0.0:1',
    '[::1]:1',
    '[::]:1',
    '[::ffff:127.0.0.1]:1',
    '[::7f00:1]:1',
  ])('are used on loopback only if the answer came over it: %s', (address) => {
    const lan = '192.168.1.5:1'
    expect(used({ addresses: [address, lan] }, everywhere)).toMatchObject({ addresses: [address, lan], leftOut: 0 })
    expect(used({ addresses: [address, lan] }, remote)).toMatchObject({ addresses: [lan], leftOut: 1 })
  })

  it.each(['169.254.169.254:1', '[fe80::1]:1', '[febf::1]:1'])('follow the same rules on a link: %s', (address) => {
    expect(used({ addresses: [address] }, { loopback: false, link: true }).addresses).toEqual([address])
    expect(used({ addresses: [address] }, remote).addresses).toEqual([])
  })

  it.each(['224.0.0.1:1', '255.255.255.255:1', '[ff02::1]:1', '10.0.0.1:0'])('are never used for %s', (address) => {
    expect(used({ addresses: [address] }, everywhere)).toMatchObject({ addresses: [], leftOut: 1 })
  })

  it.each([
    '10.0.0.1:1',
    '172.16.0.1:1',
    '192.168.0.1:1',
    '100.64.0.1:1',
    '8.8.8.8:1',
    '[fd00::1]:1',
    '[2001:db8::1]:1',
  ])('may be of a local network, and of any other: %s', (address) =>
    expect(used({ addresses: [address] }, remote).addresses).toEqual([address]),
  )

  it.each([
    ['http://127.0.0.1:3340/', false],
    ['http://localhost:3340/', false],
    ['https://[::1]/', false],
    ['https://relay.example/', true],
    ['https://10.0.0.1/', true],
  ])('have a relay on loopback only if the answer came over it: %s', (relayUrl, isUsed) => {
    expect(used({ relayUrl }, everywhere).relayUrl).toBe(relayUrl)
    expect(used({ relayUrl }, remote)).toMatchObject({
      relayUrl: isUsed ? relayUrl : undefined,
      leftOut: isUsed ? 0 : 1,
    })
  })

  it('are at most fifteen usable ones of a channel', () => {
    const many = Array.from({ length: 2_000 }, (_, i) => `10.0.${i >> 8}.${i & 255}:1`)
    const addresses = ['127.0.0.1:1', ...many]
    expect(used({ addresses }, remote)).toMatchObject({ addresses: many.slice(0, 15), leftOut: 1_986 })
  })

  it('keep their form if none is left out, and if they cannot be parsed', () => {
    const ticket = formatTicket({ endpointId, addresses: ['10.0.0.1:1'] })
    const services = [service({ rpc: ticket, bare: endpointId, odd: 'not an address' })]
    expect(usableServices(services, remote)).toEqual({ services, leftOut: 0 })
    expect(usableServices(services, remote).services[0]).toBe(services[0])
  })
})

describe('an answer', () => {
  const path = (kind: ConnectionPath['kind'], address: string): ConnectionPath => ({
    kind,
    address,
    rttMs: 1,
    selected: true,
  })
  const rulesOver = (paths: readonly ConnectionPath[] | undefined, addresses: readonly string[] = []) =>
    addressRules(new FakeConnection(endpointId, paths && { paths }), { endpointId, addresses })

  it.each<[string, readonly ConnectionPath[], AddressRules]>([
    ['loopback', [path('direct', '127.0.0.1:5')], everywhere],
    ['loopback beside another path', [path('direct', '192.168.1.5:5'), path('direct', '[::1]:5')], everywhere],
    ['a link', [path('direct', '169.254.1.2:5')], { loopback: false, link: true }],
    ['a local network', [path('direct', '192.168.1.5:5')], remote],
    ['a relay', [path('relay', 'https://relay.example/')], remote],
    ['a relay on this machine', [path('relay', 'http://127.0.0.1:3340/')], everywhere],
  ])('over %s', (_, paths, rules) => {
    expect(rulesOver(paths, ['127.0.0.1:5'])).toEqual(rules)
  })

  it('is judged by the configured address while no path is known, and not at all on a transport without paths', () => {
    expect(rulesOver([], ['127.0.0.1:5'])).toEqual(everywhere)
    expect(rulesOver([], ['10.0.0.1:5'])).toEqual(remote)
    expect(rulesOver(undefined)).toEqual(everywhere)
  })
})
