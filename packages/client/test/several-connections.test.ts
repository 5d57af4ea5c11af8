// Clients whose connection is full, or whose producer does not end its streams.
import { AsterClient, type AsterClientOptions } from '@aster/client'
import { JsonCodec } from '@aster/codec-json'
import { generateKeyPair } from '@aster/identity'
import type { ByteStream } from '@aster/rpc-core'
import { encodeFrames, FrameFlag, FrameStream, OK_STATUS, RpcStatus } from '@aster/rpc-core/protocol'
import { Held, HeldSession, Hold } from '@aster/test-services'
import { MemoryNetwork } from '@aster/transport-memory'
import { afterEach, describe, expect, it } from 'vitest'
import { LittleProducer, memoryTransport } from './little-producer.ts'
import { startStrangeProducer } from './strange-producer.ts'

const cleanups: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup()
})

describe('a producer that lets two streams be open on a connection', () => {
  async function connect(options: AsterClientOptions = {}) {
    const hold = new Hold()
    const producer = new LittleProducer(new MemoryNetwork({ maxStreams: 2 }), { services: hold.services })
    const client = await AsterClient.connect({ ...producer.clientOptions, logger: false, ...options })
    cleanups.push(() => client.close())
    return { hold, producer, client, calls: await client.client(Held), started: () => hold.count('started') }
  }

  it('gets four connections, one admission, and no more than eight calls', async () => {
    const { hold, producer, calls, started } = await connect()
    const all = Array.from({ length: 12 }, () => calls.unary({}))
    await expect.poll(started).toBe(8)
    expect([producer.connected, producer.asked]).toEqual([4, 1])
    hold.go()
    await Promise.all(all)
    expect([producer.connected, producer.asked]).toEqual([4, 1])
  })

  it('gets one with maxConnectionsPerTarget: 1', async () => {
    const { hold, producer, calls, started } = await connect({ maxConnectionsPerTarget: 1 })
    const all = Array.from({ length: 3 }, () => calls.unary({}))
    await expect.poll(started).toBe(2)
    await expect(calls.ping({}, { timeoutMs: 300 })).rejects.toMatchObject({ codeName: 'DEADLINE_EXCEEDED' })
    expect(producer.connected).toBe(1)
    hold.go()
    await Promise.all(all)
  })

  it('keeps sessions on the connection that they were opened on', async () => {
    const { hold, producer, client, calls } = await connect()
    const sessions = []
    for (let i = 0; i < 5; i++) sessions.push(await client.session(HeldSession))
    expect(producer.connected).toBe(3)
    await calls.ping({})
    for (const session of sessions) await session.ping({})
    for (const session of sessions) await session.close()
    expect(hold.count('opened')).toBe(5)
  })
})

describe('a producer that does not end its streams', () => {
  const codec = new JsonCodec()
  const answer = encodeFrames(
    { flags: 0, payload: new TextEncoder().encode('{"text":"","count":0}') },
    { flags: FrameFlag.TRAILER, payload: codec.encode(RpcStatus, OK_STATUS) },
  )

  /** Connects a client to a producer that answers each call and then calls `goOn` with the stream. */
  async function connect(goOn: (stream: ByteStream) => unknown) {
    const network = new MemoryNetwork()
    const id = generateKeyPair().publicKey
    const channels = { rpc: id }
    const offer = {
      name: 'Held',
      version: 1,
      contract_id: '',
      channels,
      pattern: 'shared',
      serialization_modes: ['json'],
    }
    const admission = { admitted: true, attributes: {}, services: [offer], root_pubkey: id }
    const seen = { connections: 0, stopped: 0 }
    startStrangeProducer(memoryTransport(network, id), async (connection) => {
      const isAdmission = connection.alpn !== 'aster/1'
      if (!isAdmission) seen.connections++
      for await (const stream of connection.incomingStreams()) {
        if (isAdmission) {
          while ((await stream.read()) !== undefined) continue
          await stream.write(new TextEncoder().encode(JSON.stringify(admission)), { finish: true })
        } else {
          await new FrameStream(stream).read()
          await stream.write(answer.slice())
          void Promise.resolve(goOn(stream)).catch(() => seen.stopped++)
        }
      }
    })
    const options = { transport: memoryTransport(network), endpointAddr: id, logger: false } as const
    const client = await AsterClient.connect(options)
    cleanups.push(() => client.close())
    return { seen, calls: await client.client(Held) }
  }

  it('is told to stop if it goes on sending', async () => {
    const { seen, calls } = await connect(async (stream) => {
      for (;;) await stream.write(new Uint8Array(10_000))
    })
    for (let i = 0; i < 5; i++) await calls.ping({})
    await expect.poll(() => seen.stopped).toBe(5)
  })

  it('answers more calls than a connection has streams', async () => {
    const { seen, calls } = await connect(() => {})
    // A connection of the memory transport has a hundred streams.
    for (let i = 0; i < 250; i++) await calls.ping({})
    expect(seen.connections).toBeGreaterThan(2)
  })
})
