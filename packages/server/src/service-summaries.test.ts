import type { ServiceSummary } from '@aster/admission'
import { ForyCodec } from '@aster/codec-fory'
import { JsonCodec } from '@aster/codec-json'
import { generateKeyPair, parseAddress } from '@aster/identity'
import { AsterError, defineService, implement, t, unary } from '@aster/rpc-core'
import { describe, expect, it } from 'vitest'
import { assertServices, ServiceSummaries, summarizeServices } from './service-summaries.ts'

const Item = t.struct('server/Item', { text: t.string })
const echo = (name: string, version = 1) =>
  implement(defineService({ name, version, methods: { echo: unary(Item, Item) } }), { echo: (item) => item })
const [a, b, c] = [echo('A'), echo('B'), echo('C')]

describe('the summary of a service', () => {
  it('has an entry for each channel that offers it', () => {
    const offers = [
      { name: 'rpc', services: [a, b], address: '1' },
      { name: 'bulk', services: [b, c], address: '2' },
    ]
    const summaries = summarizeServices(offers, [new ForyCodec(), new JsonCodec()])
    expect(summaries.map(({ name, channels }) => [name, channels])).toEqual([
      ['A', { rpc: '1' }],
      ['B', { rpc: '1', bulk: '2' }],
      ['C', { bulk: '2' }],
    ])
    for (const { serializationModes } of summaries) expect(serializationModes).toEqual(['xlang', 'json'])
  })

  it('accepts names of channels that every object inherits', () => {
    const [summary] = summarizeServices([{ name: '__proto__', services: [a], address: '1' }], [new JsonCodec()])
    expect(Object.entries(summary?.channels ?? {})).toEqual([['__proto__', '1']])
  })
})

describe('the summaries of a server', () => {
  it('are kept until an address changes', () => {
    const endpointId = generateKeyPair().publicKey
    const endpoint = {
      channel: { name: 'rpc', services: [a] },
      address: { endpointId, addresses: ['1.2.3.4:5'] },
    }
    const summaries = new ServiceSummaries([endpoint], [new JsonCodec()])
    const addressOf = (list: readonly ServiceSummary[]) => parseAddress(list[0]?.channels['rpc'] ?? '').addresses
    const before = summaries.current
    expect(addressOf(before)).toEqual(['1.2.3.4:5'])
    expect(summaries.current).toBe(before)
    endpoint.address = { endpointId, addresses: ['1.2.3.4:6'] }
    expect(addressOf(summaries.current)).toEqual(['1.2.3.4:6'])
  })
})

describe('services', () => {
  it('may be on several channels, and in several versions', () => {
    assertServices([
      { source: 'services', services: [a, b] },
      { source: 'channels.bulk.services', services: [a, echo('A', 2)] },
    ])
  })

  it.each([
    ['none', [[a], [{}]], 'channels.bulk.services: expected a service'],
    ['twice on one channel', [[a], [b, b]], 'channels.bulk.services: service B v1 is given twice'],
    [
      'another on each channel',
      [[a], [echo('A')]],
      'channels.bulk.services: service A v1 is another than in services; give the same object there',
    ],
  ])('are refused where one is %s', (_what, [main = [], bulk = []], message) => {
    const check = (): void =>
      assertServices([
        { source: 'services', services: main },
        { source: 'channels.bulk.services', services: bulk },
      ])
    expect(check).toThrow(AsterError)
    expect(check).toThrow(message)
  })
})
