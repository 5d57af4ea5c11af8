// Several channels of AsterServer with AsterClient, over real iroh on loopback.
import type { Interceptor } from '@aster/client'
import { generateKeyPair, parseAddress, signCredential } from '@aster/identity'
import { writeCredentialFile } from '@aster/identity/node'
import { defineService, implement, StatusCode, t, unary } from '@aster/rpc-core'
import { ADMISSION_ALPN, RPC_ALPN } from '@aster/rpc-core/protocol'
import { EchoService, echoService, Watch } from '@aster/test-services'
import { IrohTransport } from '@aster/transport-iroh'
import { describe, expect, it, vi } from 'vitest'
import { useLoopback, useTemporaryFolder } from './loopback.ts'
import { recordConnections } from './recorded-connections.ts'

const root = generateKeyPair()

const File = t.struct('tests/File', { name: t.string })
const FileService = defineService({ name: 'Files', methods: { open: unary(File, File) } })
const files = implement(FileService, { open: (file) => file })

const inFolder = useTemporaryFolder()
const { bind, connect, startEchoServer: startServer } = useLoopback()

describe('a channel', () => {
  it('has an endpoint of its own, and is offered with the services that it has', async () => {
    const server = await startServer({ channels: { bulk: { services: [files] }, both: {} } })
    const { rpc, bulk, both } = server.channels
    expect(rpc).toBe(server.endpointAddr)
    const ids = [rpc, bulk, both].map((address) => parseAddress(address ?? '').endpointId)
    expect(new Set(ids).size).toBe(3)
    const client = await connect(server.address)
    expect(client.services).toEqual(server.services)
    expect(client.services.map(({ name, channels }) => [name, channels])).toEqual([
      ['Echo', { rpc, both }],
      ['Files', { bulk }],
    ])
  })

  it('is called by name, on a connection of its own', async () => {
    const { transport, dialled } = recordConnections(await bind())
    const server = await startServer({ channels: { bulk: { services: [files] }, both: {} } })
    const client = await connect(server.address, { transport })
    const calls = [
      (await client.client(EchoService)).echo({ text: 'rpc' }),
      (await client.client(EchoService, { channel: 'both' })).echo({ text: 'both' }),
      client.dynamic('Echo', { channel: 'both' }).call<{ text: string }>('echo', { text: 'again', count: 0 }),
      (await client.client(FileService, { channel: 'bulk' }))
        .open({ name: 'bulk' })
        .then(({ name }) => ({ text: name })),
    ]
    const answers = await Promise.all(calls)
    expect(answers.map(({ text }) => text)).toEqual(['rpc', 'both', 'again', 'bulk'])
    const wanted = Object.values(server.channels).map((address) => parseAddress(address).endpointId)
    const connections = dialled.filter(({ alpn }) => alpn === RPC_ALPN).map(({ remoteId }) => remoteId)
    expect(connections.toSorted()).toEqual(wanted.toSorted())
  })

  it('may be lost alone, while the client stays connected and dials it again', async () => {
    const { transport, accepted } = recordConnections(await bind())
    const server = await startServer({ channels: { bulk: { transport } } })
    const client = await connect(server.address)
    const events: string[] = []
    client.on('lost', () => events.push('lost'))
    const [rpc, bulk] = [await client.client(EchoService), await client.client(EchoService, { channel: 'bulk' })]
    for (const calls of [rpc, bulk]) await calls.echo({ text: 'hi' })
    accepted[0]?.close()
    await accepted[0]?.closed
    await rpc.echo({ text: 'hi' })
    await expect.poll(() => bulk.echo({ text: 'again' }).catch(() => undefined)).toMatchObject({ text: 'again' })
    expect(accepted.length).toBe(2)
    expect([client.state, events]).toEqual(['connected', []])
  })

  it('does not have the services of others', async () => {
    const server = await startServer({ channels: { bulk: { services: [files] } } })
    const client = await connect(server.address)
    await expect(client.client(FileService)).rejects.toThrow("service 'Files' has no channel 'rpc' (channels: bulk)")
    for (const bind of [() => client.client(EchoService, { channel: 'fast' }), async () => client.dynamic('Files')])
      await expect(bind()).rejects.toMatchObject({
        name: 'ServiceNotFoundError',
        channel: expect.any(String) as unknown,
      })
  })

  it('has its interceptors inside those of the server', async () => {
    const passed: string[] = []
    const note =
      (name: string): Interceptor =>
      (call, next) => {
        passed.push(name)
        return next(call)
      }
    const channels = { bulk: { interceptors: [note('bulk')] }, both: { interceptors: [note('both')] } }
    const server = await startServer({ interceptors: [note('server')], channels })
    const client = await connect(server.address)
    for (const channel of ['rpc', 'bulk', 'both']) await (await client.client(EchoService, { channel })).echo({})
    expect(passed).toEqual(['server', 'server', 'bulk', 'server', 'both'])
  })

  it('may use a transport of the user, which stays open', async () => {
    const transport = await bind()
    const server = await startServer({ channels: { bulk: { transport } } })
    const client = await connect(server.address)
    expect(await (await client.client(EchoService, { channel: 'bulk' })).echo({ text: 'a' })).toMatchObject({
      text: 'a',
    })
    await server.close()
    expect(transport.localAddress.addresses).not.toEqual([])
  })
})

describe('admission', () => {
  it('is not possible at a channel other than the main one', async () => {
    const server = await startServer({ channels: { bulk: {} } })
    const consumer = await bind()
    const bulk = parseAddress(server.channels['bulk'] ?? '')
    await expect(consumer.connect(bulk, { alpn: ADMISSION_ALPN })).rejects.toMatchObject({ kind: 'unreachable' })
  })

  it('at the main channel applies to all channels; without it, each closes with 403', async () => {
    const server = await startServer({ allowAllConsumers: false, rootPubkey: root.publicKey, channels: { bulk: {} } })
    const stranger = await bind()
    for (const address of Object.values(server.channels)) {
      const connection = await stranger.connect(parseAddress(address), { alpn: RPC_ALPN })
      expect(await connection.closed).toEqual({ by: 'peer', code: 403, reason: 'not admitted' })
    }
    const enrollmentCredentialFile = inFolder('credential.json')
    const unsigned = { type: 'policy' as const, expiresAt: 4_102_444_800, attributes: {} }
    writeCredentialFile(enrollmentCredentialFile, signCredential(unsigned, root.secretKey))
    const client = await connect(server.address, { enrollmentCredentialFile })
    for (const channel of ['bulk', 'rpc'])
      expect(await (await client.client(EchoService, { channel })).echo({ text: channel })).toMatchObject({
        text: channel,
      })
  })
})

describe('close()', () => {
  it('waits for the calls of all channels, and refuses new ones on each', async () => {
    const watch = new Watch()
    const server = await startServer({ services: [echoService(watch)], channels: { bulk: {} } })
    const client = await connect(server.address)
    const echoes = await Promise.all(['rpc', 'bulk'].map((channel) => client.client(EchoService, { channel })))
    const chats = echoes.map((echo) => echo.chat())
    for (const chat of chats) {
      await chat.send({ text: 'a' })
      await chat.recv()
    }
    const closing = server.close({ graceMs: 600_000 })
    for (const echo of echoes) await expect(echo.echo({})).rejects.toMatchObject({ code: StatusCode.UNAVAILABLE })
    for (const chat of chats) {
      await chat.send({ text: 'b' })
      expect(await chat.recv()).toMatchObject({ text: 'echo b' })
      chat.finish()
      expect(await chat.recv()).toBeUndefined()
    }
    await closing
  })
})

describe('a server that cannot open a channel', () => {
  it('does not start, and closes what it opened', async () => {
    const [taken] = (await bind()).localAddress.addresses
    const closed = vi.spyOn(IrohTransport.prototype, 'close')
    await expect(startServer({ channels: { free: {}, bulk: { bindAddr: taken } } })).rejects.toThrow(
      `cannot bind the endpoint to ${taken}`,
    )
    const opened = closed.mock.contexts as IrohTransport[]
    closed.mockRestore()
    expect(new Set(opened.map(({ endpointId }) => endpointId)).size).toBe(2)
  })

  it('does not start, and accepts no connections on the others', async () => {
    const [one, busy, consumer] = [await bind(), await bind(), await bind()]
    busy.listen({ alpns: ['x'] })
    const channels = { busy: { transport: busy }, one: { transport: one } }
    await expect(startServer({ channels })).rejects.toMatchObject({ kind: 'misuse' })
    await expect(consumer.connect(one.localAddress, { alpn: RPC_ALPN })).rejects.toMatchObject({ kind: 'unreachable' })
  })

  it('does not start if two of its transports have one endpoint id', async () => {
    const secretKey = generateKeyPair().secretKey.reveal()
    const [transport, other] = [await bind({ secretKey }), await bind({ secretKey })]
    await expect(startServer({ transport, channels: { bulk: { transport: other } } })).rejects.toThrow(
      "channels 'rpc' and 'bulk' have the same endpoint id",
    )
  })
})
