import type { ServiceSummary } from '@aster/admission'
import { ServiceNotFoundError } from './errors.ts'
import { formatNodeAddr, formatTicket } from '@aster/identity'
import { describe, expect, it } from 'vitest'
import { channelAddress, describeDifference, endpointAddress, findService } from './route.ts'

const [id, otherId] = [
  'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a',
  '3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c',
]
const producer = { endpointId: id, addresses: ['127.0.0.1:1'] }
const summary = (name: string, version = 1, more: Partial<ServiceSummary> = {}): ServiceSummary => ({
  name,
  version,
  contractId: '',
  channels: {},
  pattern: 'shared',
  serializationModes: ['xlang'],
  ...more,
})

describe('the address of a channel', () => {
  it.each([
    ['a bare id to where the producer was reached', id, producer],
    ['another bare id to that id', otherId, { endpointId: otherId, addresses: [] }],
    [
      'a ticket to what it says',
      formatTicket({ endpointId: otherId, addresses: ['127.0.0.2:2'] }),
      { endpointId: otherId, addresses: ['127.0.0.2:2'] },
    ],
    [
      'a NodeAddr with a relay to what it says',
      formatNodeAddr({ endpointId: otherId, relayUrl: 'https://relay.example/', addresses: [] }),
      { endpointId: otherId, relayUrl: 'https://relay.example/', addresses: [] },
    ],
    [
      'a ticket of the producer to what it says, and to where the producer was reached',
      formatTicket({ endpointId: id, addresses: ['127.0.0.2:2'] }),
      { endpointId: id, addresses: ['127.0.0.2:2', '127.0.0.1:1'] },
    ],
    [
      'a NodeAddr of the producer with a relay to the relay, and to where the producer was reached',
      formatNodeAddr({ endpointId: id, relayUrl: 'https://relay.example/', addresses: [] }),
      { endpointId: id, relayUrl: 'https://relay.example/', addresses: ['127.0.0.1:1'] },
    ],
  ])('%s', (_what, text, expected) => {
    expect(channelAddress(summary('A', 1, { channels: { rpc: text } }), 'rpc', producer)).toEqual(expected)
  })

  it('keeps the relay through which the producer was reached, if the channel names none', () => {
    const service = summary('A', 1, { channels: { rpc: formatTicket({ endpointId: id, addresses: ['127.0.0.2:2'] }) } })
    const relayed = { ...producer, relayUrl: 'https://relay.example/' }
    expect(channelAddress(service, 'rpc', relayed)).toEqual({
      endpointId: id,
      relayUrl: 'https://relay.example/',
      addresses: ['127.0.0.2:2', '127.0.0.1:1'],
    })
  })

  it('is an error for a missing channel, and for an ill-formed address', () => {
    const service = summary('A', 1, { channels: { rpc: 'nonsense', slow: id } })
    expect(() => channelAddress(service, 'fast', producer)).toThrow(ServiceNotFoundError)
    for (const name of ['toString', '__proto__'])
      expect(() => channelAddress(service, name, producer)).toThrow(`has no channel '${name}'`)
    expect(() => channelAddress(service, 'fast', producer)).toThrow(
      "service 'A' has no channel 'fast' (channels: rpc, slow)",
    )
    expect(() => channelAddress(service, 'rpc', producer)).toThrow("channel 'rpc' of service 'A'")
  })
})

describe('the address of an endpoint', () => {
  const there = { endpointId: otherId, addresses: ['127.0.0.2:2'] }
  const services = [
    summary('A', 1, { channels: { rpc: id, odd: 'nonsense' } }),
    summary('B', 1, { channels: { rpc: id, bulk: formatTicket(there) } }),
  ]

  it('comes from any channel that leads to it', () => {
    expect(endpointAddress(otherId, services, producer)).toEqual(there)
    expect(endpointAddress(id, services, producer)).toEqual(producer)
  })

  it('is unknown if no channel leads to it', () => {
    expect(endpointAddress(otherId, services.slice(0, 1), producer)).toBeUndefined()
  })
})

it('finds a service by name and version', () => {
  const services = [summary('A'), summary('A', 2), summary('B')]
  expect(findService({ service: 'A', version: 2, channel: 'rpc' }, services)).toBe(services[1])
  expect(findService({ service: 'B', version: 2, channel: 'rpc' }, services)).toBeUndefined()
})

describe('two offers', () => {
  const offer = [summary('A'), summary('B', 2, { pattern: 'session' })]

  it('are the same whatever their order, channels and, unless they count, contract ids', () => {
    const other = [
      summary('B', 2, { pattern: 'session', channels: { rpc: id } }),
      summary('A', 1, { contractId: 'ff' }),
    ]
    expect(describeDifference(offer, other, false)).toBeUndefined()
    expect(describeDifference(offer, other, true)).toBe(
      'lacks A v1 (shared, contract ), has A v1 (shared, contract ff)',
    )
  })

  it('differ by name, version and pattern', () => {
    expect(describeDifference(offer, [summary('A')], false)).toBe('lacks B v2 (session)')
    expect(describeDifference(offer, [...offer, summary('C')], false)).toBe('has C v1 (shared)')
    expect(describeDifference(offer, [summary('A'), summary('B', 2)], false)).toBe(
      'lacks B v2 (session), has B v2 (shared)',
    )
  })
})
