// The counts and log lines of a server's connections, over a transport within the process.
import { JsonCodec } from '@aster/codec-json'
import { AsterConfig } from '@aster/config'
import { createClient, openSession } from '@aster/rpc-client'
import { type Connection, defineService, implement, StatusCode, t, unary } from '@aster/rpc-core'
import { PROTOCOL_VIOLATION, TOO_MANY } from '@aster/rpc-core/protocol'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { QueueTransport } from '../test/queue-transport.ts'
import { recordedLogger } from '../test/recorded-logger.ts'
import { AsterServer } from './aster-server.ts'
import type { AsterServerOptions } from './options.ts'

const Item = t.struct('server/Item', { text: t.string })
const Echo = defineService({ name: 'Echo', methods: { echo: unary(Item, Item) } })
const Notes = defineService({ name: 'Notes', scope: 'session', methods: { note: unary(Item, Item) } })

const open: AsterServer[] = []
let release: (() => void)[] = []
beforeEach(() => void (release = []))
afterEach(async () => {
  for (const go of release) go()
  for (const server of open.splice(0)) await server.close()
})

/** Starts a server whose calls of `Echo` with the string 'hold' run until they are released. */
async function started(options: Partial<AsterServerOptions> = {}) {
  const [transport, bulk] = [new QueueTransport(), new QueueTransport()]
  const { logger, lines } = recordedLogger()
  const echo = (item: { text: string }) =>
    item.text === 'hold' ? new Promise<typeof item>((resolve) => release.push(() => resolve(item))) : item
  const server = new AsterServer({
    services: [implement(Echo, { echo }), implement(Notes, () => ({ note: (item) => item }))],
    channels: { bulk: { transport: bulk } },
    config: AsterConfig.from({ relayMode: 'disabled' }),
    allowAllConsumers: true,
    transport,
    logger,
    ...options,
  })
  open.push(server)
  await server.start()
  return { server, transport, bulk, lines }
}

const over = (connection: Connection) => ({ connection, codec: new JsonCodec() })

it('has every number before the first connection', async () => {
  const { server } = await started()
  const zeros = server.stats()
  expect(zeros).toEqual({
    connections: 0,
    connectionsByChannel: { rpc: 0, bulk: 0 },
    admissionConnections: 0,
    streamsOpening: 0,
    streamsRunning: 0,
    sessions: 0,
    bufferedBytes: 0,
    admissions: { admitted: 0, denied: 0, dropped: 0 },
    refusals: expect.objectContaining({ header: 0, connections: 0, notAdmitted: 0, protocol: 0, idle: 0 }),
  })
  expect(Object.values(zeros.refusals).every((count) => count === 0)).toBe(true)
  for (const part of [zeros, zeros.connectionsByChannel, zeros.admissions, zeros.refusals])
    expect(Object.isFrozen(part)).toBe(true)
})

it('counts connections of all channels, streams, sessions and admissions', async () => {
  const { server, transport, bulk } = await started()
  const [first, second] = [transport.dial(), bulk.dial()]
  const held = createClient(Echo, over(first)).echo({ text: 'hold' })
  await vi.waitFor(() => expect(release).toHaveLength(1))
  const session = await openSession(Notes, over(second))
  await session.note({ text: 'x' })
  await (await second.openStream()).write(Uint8Array.of(1))
  const visit = transport.dialAdmission()
  await vi.waitFor(() => expect(server.stats()).toMatchObject({ streamsOpening: 1, admissionConnections: 1 }))
  expect(server.stats()).toMatchObject({
    connections: 2,
    connectionsByChannel: { rpc: 1, bulk: 1 },
    streamsRunning: 2,
  })
  visit.close()
  release[0]?.()
  await held
  await session.close()
  for (const connection of [first, second]) connection.close()
  await vi.waitFor(() =>
    expect(server.stats()).toMatchObject({
      connections: 0,
      admissionConnections: 0,
      streamsRunning: 0,
      admissions: { dropped: 1 },
    }),
  )
})

it('closes a connection over the limit with 429 on every channel, and the caller gets RESOURCE_EXHAUSTED', async () => {
  const { server, transport, bulk, lines } = await started({ maxConnectionsPerPeer: 1 })
  const running = createClient(Echo, over(transport.dial({ id: 'a' }))).echo({ text: 'hold' })
  await vi.waitFor(() => expect(release).toHaveLength(1))
  const refused = bulk.dial({ id: 'a' })
  const call = createClient(Echo, over(refused)).echo({ text: 'x' })
  const reason = 'this peer has 1 connections open, and the limit is 1 (maxConnectionsPerPeer)'
  await expect(call).rejects.toMatchObject({
    code: StatusCode.RESOURCE_EXHAUSTED,
    message: expect.stringContaining(reason),
  })
  expect(await refused.closed).toEqual({ by: 'peer', code: TOO_MANY, reason })
  expect(server.stats()).toMatchObject({ connections: 1, refusals: { connections: 1 } })
  expect(lines.filter(({ level }) => level === 'warn')).toEqual([
    { level: 'warn', fields: { peer: 'a', reason }, message: 'a connection was closed: there are too many' },
  ])
  release[0]?.()
  await running
})

it('closes an idle connection to accept another one at its limits', async () => {
  const { server, transport } = await started({ maxConnections: 1 })
  const idle = transport.dial()
  await createClient(Echo, over(idle)).echo({ text: 'x' })
  const next = transport.dial()
  expect(await createClient(Echo, over(next)).echo({ text: 'y' })).toMatchObject({ text: 'y' })
  expect(await idle.closed).toMatchObject({ by: 'peer', code: 0 })
  expect(server.stats()).toMatchObject({ connections: 1, refusals: { connections: 1 } })
})

it('logs a line about a peer that violates the protocol, and a bounded number of lines about many', async () => {
  const { server, transport, lines } = await started()
  const reason = 'the peer violated the protocol: a unidirectional stream was opened'
  const violate = (id: string): void => {
    const connection = transport.dial({ id })
    const closed = Promise.resolve({ by: 'network' as const, code: PROTOCOL_VIOLATION, reason })
    void transport.incoming.push(Object.create(connection, { closed: { value: closed }, remoteId: { value: id } }))
  }
  for (let i = 0; i < 500; i++) violate(`peer ${i % 50}`)
  await vi.waitFor(() => expect(server.stats().refusals.protocol).toBe(500))
  const written = () =>
    lines.filter(({ message }) => message === 'a connection was closed: the peer violated the protocol')
  expect(written()[0]).toEqual({
    level: 'warn',
    fields: { peer: 'peer 0', reason },
    message: 'a connection was closed: the peer violated the protocol',
  })
  await server.close()
  expect(written().length).toBeLessThanOrEqual(30)
  const times = written().map(({ fields }) => (fields as { times?: number }).times ?? 1)
  expect(times.reduce((sum, count) => sum + count)).toBe(500)
})

it('counts and logs connections of peers that are not admitted', async () => {
  const { server, transport, lines } = await started({ allowAllConsumers: false, rootPubkey: '11'.repeat(32) })
  const connection = transport.dial({ id: 'stranger' })
  expect(await connection.closed).toMatchObject({ code: 403 })
  expect(server.stats()).toMatchObject({ connections: 0, refusals: { notAdmitted: 1 } })
  expect(lines.at(-1)).toMatchObject({
    fields: { peer: 'stranger' },
    message: 'calls refused: the consumer is not admitted',
  })
})

it('counts connections and sessions that were idle', async () => {
  const { server, transport } = await started({ connectionIdleTimeoutMs: 20, sessionIdleTimeoutMs: 20 })
  const connection = transport.dial()
  const session = await openSession(Notes, over(connection))
  await session.note({ text: 'x' })
  await vi.waitFor(() => expect(server.stats().refusals.idle).toBe(1))
  await expect(session.note({ text: 'y' })).rejects.toMatchObject({ code: StatusCode.UNAVAILABLE })
  await session.close()
  expect(await connection.closed).toMatchObject({ by: 'peer', code: 0 })
  expect(server.stats().refusals.idle).toBe(2)
})
