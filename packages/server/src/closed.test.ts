// The promise `closed` of a server whose transport stops accepting connections.
import { JsonCodec } from '@aster/codec-json'
import { AsterConfig } from '@aster/config'
import { HealthService } from '@aster/health'
import { createClient } from '@aster/rpc-client'
import { AsterError, type Connection, defineService, implement, t, TransportError, unary } from '@aster/rpc-core'
import { RPC_ALPN } from '@aster/rpc-core/protocol'
import { IrohTransport } from '@aster/transport-iroh'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { QueueTransport } from '../test/queue-transport.ts'
import { recordedLogger } from '../test/recorded-logger.ts'
import { AsterServer } from './aster-server.ts'
import type { AsterServerOptions } from './options.ts'

const Item = t.struct('server/Item', { text: t.string })
const Echo = defineService({ name: 'Echo', methods: { echo: unary(Item, Item) } })
const echo = (name: string) =>
  implement(defineService({ name, methods: { echo: unary(Item, Item) } }), { echo: (item) => item })

const open: AsterServer[] = []
afterEach(async () => {
  for (const server of open.splice(0)) await server.close()
})

async function started(options: Partial<AsterServerOptions> = {}) {
  const [transport, bulk] = [new QueueTransport(), new QueueTransport()]
  const { logger, lines } = recordedLogger()
  const server = new AsterServer({
    services: [echo('Echo')],
    channels: { bulk: { services: [echo('Files')], transport: bulk } },
    config: AsterConfig.from({ relayMode: 'disabled' }),
    allowAllConsumers: true,
    health: true,
    transport,
    logger,
    ...options,
  })
  open.push(server)
  await server.start()
  return { server, transport, bulk, errors: () => lines.filter(({ level }) => level === 'error') }
}

const over = (connection: Connection) => ({ connection, codec: new JsonCodec() })
const statuses = ({ health }: AsterServer) => ['', 'Echo', 'Files', 'Health'].map((name) => health?.get(name))
const allTo = (status: string) => Array.from({ length: 4 }, () => status)

const failure = new TransportError('lost', 'the driver died')
const ends: [string, (transport: QueueTransport) => void, object][] = [
  ['fails', ({ incoming }) => incoming.fail(failure), failure],
  ['ends', ({ incoming }) => incoming.end(), { kind: 'closed' }],
]

describe.each(ends)('a server whose transport %s before it is closed', (_how, end, cause) => {
  it.each(['rpc', 'bulk'] as const)('rejects for every channel: %s', async (channel) => {
    const { server, transport, bulk, errors } = await started()
    expect(statuses(server)).toEqual(allTo('SERVING'))
    end(channel === 'rpc' ? transport : bulk)
    const message = new RegExp(`^channel '${channel}' takes no more connections: `)
    await expect(server.closed).rejects.toThrow(AsterError)
    await expect(server.closed).rejects.toMatchObject({ message: expect.stringMatching(message), cause })
    expect(statuses(server)).toEqual(allTo('NOT_SERVING'))
    server.health?.set('Echo', 'SERVING')
    expect(statuses(server)).toEqual(allTo('NOT_SERVING'))
    expect(errors()).toMatchObject([
      { fields: { channel, err: { cause } }, message: 'the server takes no more connections' },
    ])
  })

  it('continues to serve open connections and its other channels', async () => {
    const { server, transport, bulk } = await started()
    const connection = transport.dial()
    const call = createClient(Echo, over(connection))
    await call.echo({ text: 'before' })
    end(transport)
    await expect(server.closed).rejects.toThrow('takes no more connections')
    expect(await call.echo({ text: 'after' })).toMatchObject({ text: 'after' })
    const health = createClient(HealthService, over(connection))
    expect(await health.check({ service: 'Echo' })).toMatchObject({ status: 'NOT_SERVING' })
    const Files = defineService({ name: 'Files', methods: { echo: unary(Item, Item) } })
    expect(await createClient(Files, over(bulk.dial())).echo({ text: 'bulk' })).toMatchObject({ text: 'bulk' })
    await server.close()
    expect(await connection.closed).toMatchObject({ by: 'peer', code: 0 })
  })

  it('leaves no unhandled rejection, even without a logger and a health', async () => {
    const unhandled: unknown[] = []
    const note = (error: unknown): void => void unhandled.push(error)
    process.on('unhandledRejection', note)
    const { server, transport } = await started({ logger: undefined, health: undefined })
    end(transport)
    for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve))
    process.off('unhandledRejection', note)
    expect(unhandled).toEqual([])
    await expect(server.closed).rejects.toThrow(AsterError)
  })
})

describe('closed', () => {
  it('resolves when close() is done, and not before', async () => {
    const { server, transport, errors } = await started()
    let settled = false
    void server.closed.then(() => (settled = true))
    const connection = transport.dial()
    await createClient(Echo, over(connection)).echo({})
    expect(settled).toBe(false)
    const closing = server.close()
    await connection.closed
    await closing
    await server.closed
    expect(errors()).toEqual([])
  })

  it('resolves when a server is closed that was never started, or could not start', async () => {
    const never = new AsterServer({ services: [echo('Echo')], allowAllConsumers: true })
    await never.close()
    await never.closed
    const services = Array.from({ length: 500 }, (_, index) => echo(`Service${index}`))
    const options = { services, allowAllConsumers: true, transport: new QueueTransport() }
    const failed = new AsterServer(options)
    await expect(failed.start()).rejects.toThrow('500 services make')
    await failed.close()
    await failed.closed
  })

  it('rejects with the error of close()', async () => {
    const failing = new Error('the socket cannot be closed')
    // oxlint-disable-next-line typescript/unbound-method -- called with the transport it was taken from
    const original = IrohTransport.prototype.close
    vi.spyOn(IrohTransport.prototype, 'close').mockImplementation(async function (this: IrohTransport) {
      await original.call(this)
      throw failing
    })
    const config = AsterConfig.from({ relayMode: 'disabled', bindAddr: '127.0.0.1:0' })
    const server = new AsterServer({ services: [echo('Echo')], config, allowAllConsumers: true })
    await server.start()
    await expect(server.close()).rejects.toBe(failing)
    await expect(server.closed).rejects.toBe(failing)
    vi.restoreAllMocks()
  })

  it('is not rejected by a loop that fails because of close()', async () => {
    const { server, transport, errors } = await started()
    const closing = server.close()
    transport.incoming.fail(failure)
    await closing
    await server.closed
    expect(errors()).toEqual([])
  })
})

it('continues if one connection cannot be served', async () => {
  const { server, transport, errors } = await started()
  let closes = 0
  const broken = { remoteId: 'mallory', alpn: RPC_ALPN, close: () => closes++ } as unknown as Connection
  const worse = { get alpn() { return expect.unreachable('broken') }, get close() { return expect.unreachable('broken') } } // prettier-ignore
  await transport.incoming.push(broken)
  await transport.incoming.push(worse as unknown as Connection)
  expect(await createClient(Echo, over(transport.dial())).echo({ text: 'served' })).toMatchObject({ text: 'served' })
  expect(closes).toBe(1)
  expect(errors().map(({ message }) => message)).toEqual(
    Array.from({ length: 2 }, () => 'a connection could not be served'),
  )
  expect(statuses(server)).toEqual(allTo('SERVING'))
})
