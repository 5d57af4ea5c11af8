// Producers whose admission answers name many endpoints, and clients that dial some of them.
import { AsterClient, type AsterClientOptions } from '@aster/client'
import { generateKeyPair } from '@aster/identity'
import { RPC_ALPN } from '@aster/rpc-core/protocol'
import { EchoService } from '@aster/test-services'
import { MemoryNetwork } from '@aster/transport-memory'
import { afterEach, expect, it } from 'vitest'
import { memoryTransport } from './little-producer.ts'
import { startStrangeProducer } from './strange-producer.ts'

const clients: AsterClient[] = []
afterEach(async () => {
  for (const client of clients.splice(0)) await client.close()
})

const id = generateKeyPair().publicKey
const others = Array.from({ length: 40 }, () => generateKeyPair().publicKey)
const channels = Object.fromEntries([['rpc', id], ...others.map((other, i) => [`c${i}`, other])])

/** Returns a client of a producer that names 40 endpoints besides its own, none of which exists. */
async function connect(options: AsterClientOptions = {}) {
  const network = new MemoryNetwork()
  const offer = {
    name: 'Echo',
    version: 1,
    contract_id: '',
    channels,
    pattern: 'shared',
    serialization_modes: ['json'],
  }
  const answer = { admitted: true, attributes: {}, services: [offer], root_pubkey: id }
  startStrangeProducer(memoryTransport(network, id), async (connection) => {
    if (connection.alpn === RPC_ALPN) return connection.close(1, 'no calls here')
    for await (const stream of connection.incomingStreams()) {
      while ((await stream.read()) !== undefined) continue
      await stream.write(new TextEncoder().encode(JSON.stringify(answer)), { finish: true })
    }
  })
  const memory = memoryTransport(network)
  const dialled = new Set<string>()
  const transport: typeof memory = {
    ...memory,
    connect(address, dial) {
      if (dial.alpn === RPC_ALPN) dialled.add(address.endpointId)
      return memory.connect(address, dial)
    },
  }
  const client = await AsterClient.connect({ transport, endpointAddr: id, logger: false, ...options })
  clients.push(client)
  const call = async (channel: string): Promise<string> => {
    try {
      await (await client.client(EchoService, { channel })).echo({}, { timeoutMs: 30_000 })
      return 'OK'
    } catch (error) {
      return (error as { codeName: string }).codeName
    }
  }
  return { client, dialled, call }
}

it('are dialled up to sixteen of an answer, and calls to those continue', async () => {
  const { dialled, call } = await connect()
  const codes = []
  for (let i = 0; i < 20; i++) codes.push(await call(`c${i}`))
  expect(codes.filter((code) => code === 'RESOURCE_EXHAUSTED')).toHaveLength(5)
  expect([...dialled]).toEqual(others.slice(0, 15))
  expect(await call('c0')).toBe('UNAVAILABLE')
  expect(dialled.size).toBe(15)
  await call('rpc')
  expect(dialled.has(id)).toBe(true)
})

it('are only those in allowedChannels, and the one in endpointAddr', async () => {
  const { client, dialled, call } = await connect({ allowedChannels: ['c1', others[2]?.toUpperCase() ?? ''] })
  expect(await call('c1')).toBe('UNAVAILABLE')
  expect(await call('c2')).toBe('UNAVAILABLE')
  expect(await call('c3')).toBe('FAILED_PRECONDITION')
  await call('rpc')
  expect([...dialled].toSorted()).toEqual([id, others[1], others[2]].toSorted())
  await expect(client.client(EchoService, { channel: 'c3' })).rejects.toThrow(
    `channel "c3" of service "Echo" leads to the endpoint ${others[3]}: allowedChannels has neither its name nor this endpoint id`,
  )
})

it('are none with an empty allowedChannels', async () => {
  const { dialled, call } = await connect({ allowedChannels: [] })
  expect(await call('c1')).toBe('FAILED_PRECONDITION')
  await call('rpc')
  expect([...dialled]).toEqual([id])
})
