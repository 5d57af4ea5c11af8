// AsterClient and AsterServer over real iroh on loopback.
import {
  AdmissionDeniedError,
  AsterClient,
  AsterConfig,
  AsterError,
  ConfigError,
  ProducerIdentityError,
  ServiceNotFoundError,
} from '@aster/client'
import { formatTicket, generateKeyPair, parseAddress } from '@aster/identity'
import { type Connection, defineService, StatusCode, type Transport, unary } from '@aster/rpc-core'
import { ADMISSION_ALPN, encodeFrames, FrameFlag, LIMITS, RPC_ALPN } from '@aster/rpc-core/protocol'
import { AsterServer, type AsterServerOptions } from '@aster/server'
import { IrohTransport } from '@aster/transport-iroh'
import { afterEach, describe, expect, it } from 'vitest'
import { collect, EchoService, echoService, Item, Watch } from '@aster/test-services'

const config = AsterConfig.from({ relayMode: 'disabled', bindAddr: '127.0.0.1:0' })
const open: { close(): Promise<unknown> }[] = []
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close()
})

async function startServer(options: Partial<AsterServerOptions> = {}): Promise<AsterServer> {
  const server = new AsterServer({ config, services: [echoService()], allowAllConsumers: true, ...options })
  open.push(server)
  await server.start()
  return server
}

async function connect(
  endpointAddr: string,
  options: Parameters<typeof AsterClient.connect>[0] = {},
): Promise<AsterClient> {
  const client = await AsterClient.connect({ config, endpointAddr, ...options })
  open.push(client)
  return client
}

/** A producer that does what it likes with its connections. */
async function strangeProducer(behave: (alpn: string, connection: Connection) => Promise<void>): Promise<string> {
  const transport = await IrohTransport.bind({ relayMode: 'disabled', bindAddr: '127.0.0.1:0' })
  open.push(transport)
  void listenOn(transport, (connection) => void behave(connection.alpn, connection).catch(() => {}))
  return formatTicket({ ...transport.localAddress, relayUrl: undefined })
}

async function listenOn(transport: IrohTransport, take: (connection: Connection) => void): Promise<void> {
  for await (const connection of transport.listen({ alpns: [RPC_ALPN, ADMISSION_ALPN] })) take(connection)
}

/** An answer that admits and offers `Echo` at an address. */
const admitting = (rpc: string): Uint8Array =>
  new TextEncoder().encode(
    JSON.stringify({ admitted: true, services: [{ name: 'Echo', version: 1, contract_id: '', channels: { rpc } }] }),
  )

describe('the way to a call', () => {
  it.each(['address', 'endpointAddr'] as const)('takes the %s of a server', async (form) => {
    const server = await startServer()
    const c = await connect(server[form])
    expect(c.services).toEqual(server.services)
    expect(c.services[0]).toMatchObject({
      name: 'Echo',
      version: 1,
      pattern: 'shared',
      serializationModes: ['xlang', 'json'],
    })
    const echo = await c.client(EchoService)
    expect(await echo.echo({ text: 'hi' })).toEqual({ text: 'hi', count: 0 })
  })

  it('tries several addresses in their order', async () => {
    const server = await startServer()
    const nobody = formatTicket({ endpointId: generateKeyPair().publicKey, addresses: ['127.0.0.1:9'] })
    const c = await AsterClient.connect({ config, endpointAddr: [nobody, server.address], connectTimeoutMs: 500 })
    open.push(c)
    expect(c.services).toHaveLength(1)
  })

  it('shares one connection among services at one address, and connects in flight', async () => {
    const seen = new Set<string>()
    const server = await startServer({
      services: [echoService()],
      interceptors: [async (call, next) => (seen.add(call.peer.id), next(call))],
    })
    const c = await connect(server.address)
    const [a, b] = await Promise.all([c.client(EchoService), c.client(EchoService)])
    await Promise.all([a.echo({}), b.echo({}), a.echo({})])
    expect(seen.size).toBe(1)
  })

  it('keeps the endpoint id that the secret key gives', async () => {
    const { secretKey, publicKey } = generateKeyPair()
    const server = await startServer({
      config: AsterConfig.from({ relayMode: 'disabled', bindAddr: '127.0.0.1:0', secretKey: secretKey.reveal() }),
    })
    expect(server.endpointId).toBe(publicKey)
  })

  it('closes any number of times, and answers UNAVAILABLE afterwards', async () => {
    const server = await startServer()
    const c = await connect(server.address)
    const echo = await c.client(EchoService)
    await echo.echo({})
    await Promise.all([c.close(), c.close()])
    await expect(echo.echo({})).rejects.toMatchObject({ code: StatusCode.UNAVAILABLE })
    await expect(c.client(EchoService)).rejects.toThrow('the client is closed')
    await expect(c.connect()).rejects.toThrow('the client is closed')
  })

  it('comes back after a lost connection: calls in flight fail, later ones dial again', async () => {
    const accepted: Connection[] = []
    const iroh = await IrohTransport.bind({ relayMode: 'disabled', bindAddr: '127.0.0.1:0' })
    open.push(iroh)
    const transport: Transport = {
      connect: (address, options) => iroh.connect(address, options),
      async *listen(options) {
        for await (const connection of iroh.listen(options)) {
          accepted.push(connection)
          yield connection
        }
      },
      get localAddress() {
        return iroh.localAddress
      },
      close: () => iroh.close(),
    }
    const watch = new Watch()
    const server = await startServer({ transport, services: [echoService(watch)] })
    const c = await connect(server.address)
    const echo = await c.client(EchoService)
    const inFlight = echo.wait({}).catch((error: unknown) => error)
    await watch.saw('wait started')
    for (const connection of accepted) connection.close(0, 'for a test')
    expect(await inFlight).toMatchObject({ code: StatusCode.UNAVAILABLE })
    expect(await echo.echo({ text: 'again' })).toEqual({ text: 'again', count: 0 })
    expect(accepted.filter(({ alpn }) => alpn === RPC_ALPN)).toHaveLength(2)
  })
})

describe('what can go wrong', () => {
  it('says that an address is needed', () => {
    const error = (() => {
      try {
        return new AsterClient({ config })
      } catch (error) {
        return error
      }
    })()
    expect(error).toBeInstanceOf(ConfigError)
    expect(error).toBeInstanceOf(AsterError)
    expect(String(error)).toContain(
      'AsterClient requires an endpoint address. Set ASTER_ENDPOINT_ADDR or pass endpointAddr.',
    )
  })

  it.each(['nonsense', 'aster1', 'aster1zzzz', 'ZZ'.repeat(32), 'endpointaaaa', 'ab'.repeat(31)])(
    'refuses %j as an address, naming where it came from',
    async (endpointAddr) => {
      const env = { ASTER_ENDPOINT_ADDR: endpointAddr, ASTER_RELAY_MODE: 'disabled', ASTER_BIND_ADDR: '127.0.0.1:0' }
      const error = await AsterClient.connect({ config: AsterConfig.fromEnv(env) }).catch((reason: unknown) => reason)
      expect(error).toBeInstanceOf(AsterError)
      expect(String(error)).toContain('ASTER_ENDPOINT_ADDR')
    },
  )

  it('gives up within the connect timeout where nobody is, naming the address', async () => {
    const endpointId = generateKeyPair().publicKey
    const error = await connect(formatTicket({ endpointId, addresses: ['127.0.0.1:9'] }), {
      connectTimeoutMs: 300,
    }).catch((reason: unknown) => reason)
    expect(error).toMatchObject({ code: StatusCode.UNAVAILABLE })
    expect(String(error)).toContain(endpointId)
    expect(String(error)).toContain('127.0.0.1:9')
  })

  it('says that another peer answers at the address', async () => {
    const server = await startServer()
    const other = formatTicket({
      endpointId: generateKeyPair().publicKey,
      addresses: [...parseAddress(server.address).addresses],
    })
    await expect(connect(other)).rejects.toMatchObject({
      code: StatusCode.UNAVAILABLE,
      message: expect.stringContaining('endpoint id'),
    })
  })

  it('is denied by a producer that demands a credential', async () => {
    const server = await startServer({ allowAllConsumers: false, rootPubkey: generateKeyPair().publicKey })
    const error = await connect(server.address).catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(AdmissionDeniedError)
    expect(String(error)).toContain(
      'consumer admission denied — set ASTER_ENROLLMENT_CREDENTIAL to a valid enrollment token',
    )
  })

  it('refuses a producer with another root key than the expected one', async () => {
    const server = await startServer()
    await expect(connect(server.address, { rootPubkey: generateKeyPair().publicKey })).rejects.toThrow(
      ProducerIdentityError,
    )
    await expect(connect(server.address, { rootPubkey: server.rootPubkey })).resolves.toBeInstanceOf(AsterClient)
  })

  it.each([
    ['closes the connection', async (connection: Connection) => connection.close(0), { code: StatusCode.UNAVAILABLE }],
    [
      'refuses by closing',
      async (connection: Connection) => connection.close(403, 'not admitted'),
      { name: 'AdmissionDeniedError' },
    ],
  ])('ends when a producer %s during admission', async (_what, behave, expected) => {
    const address = await strangeProducer(async (_alpn, connection) => {
      for await (const stream of connection.incomingStreams()) {
        await stream.read()
        await behave(connection)
      }
    })
    await expect(connect(address)).rejects.toMatchObject(expected)
  })

  it.each([
    ['nothing at all', '', 'AdmissionDeniedError'],
    ['something that is not JSON', 'hello', 'AdmissionError'],
    ['admitted as a text', '{"admitted":"false"}', 'AdmissionError'],
    ['more than the limit', ' '.repeat(LIMITS.admissionMessage + 1), 'AdmissionError'],
  ])('refuses an answer to the admission request that is %s', async (_what, answer, name) => {
    const address = await strangeProducer(async (_alpn, connection) => {
      for await (const stream of connection.incomingStreams())
        await stream.write(new TextEncoder().encode(answer), { finish: true })
    })
    await expect(connect(address)).rejects.toMatchObject({ name })
  })

  it('gives up on a producer that does not answer the admission request', async () => {
    const address = await strangeProducer(async (_alpn, connection) => {
      for await (const stream of connection.incomingStreams()) await stream.read()
    })
    await expect(connect(address, { connectTimeoutMs: 400 })).rejects.toMatchObject({
      code: StatusCode.UNAVAILABLE,
      message: expect.stringContaining('did not answer the admission request'),
    })
  })

  it('stops waiting when the caller’s signal aborts', async () => {
    const controller = new AbortController()
    const address = await strangeProducer(async () => controller.abort(new Error('enough')))
    await expect(connect(address, { signal: controller.signal })).rejects.toThrow('enough')
  })

  it('says which services there are when one is not offered', async () => {
    const c = await connect((await startServer()).address)
    const Other = defineService({ name: 'Other', version: 2, methods: { a: unary(Item, Item) } })
    await expect(c.client(Other)).rejects.toThrow(ServiceNotFoundError)
    await expect(c.client(Other)).rejects.toThrow("service 'Other' v2 not offered by producer (offered: Echo v1)")
    await expect(c.client(EchoService, { channel: 'fast' })).rejects.toThrow(
      "service 'Echo' has no channel 'fast' (channels: rpc)",
    )
  })

  const frame = (payload: Uint8Array, flags = 0) => encodeFrames({ flags, payload })
  it.each([
    ['a frame over the limit', () => Uint8Array.of(1, 0, 0, 2, 0), StatusCode.RESOURCE_EXHAUSTED],
    ['a frame of length 0', () => Uint8Array.of(0, 0, 0, 0, 0), StatusCode.DATA_LOSS],
    ['a stream cut in the middle of a frame', () => frame(new Uint8Array(100)).subarray(0, 50), StatusCode.DATA_LOSS],
    ['a stream without a trailer', () => new Uint8Array(0), StatusCode.UNAVAILABLE],
    ['a trailer that is none', () => frame(Uint8Array.of(2, 255), FrameFlag.TRAILER), StatusCode.DATA_LOSS],
  ])('ends a call that is answered with %s', async (_what, bytes, code) => {
    const address = await strangeProducer(async (alpn, connection) => {
      for await (const stream of connection.incomingStreams()) {
        if (alpn === ADMISSION_ALPN) {
          await stream.write(admitting(address), { finish: true })
        } else {
          await stream.read()
          await stream.write(bytes(), { finish: true })
        }
      }
    })
    const c = await connect(address)
    const echo = await c.client(EchoService)
    await expect(echo.echo({})).rejects.toMatchObject({ code })
    await expect(collect(echo.countUp({ count: 3 }))).rejects.toMatchObject({ code })
  })

  it('fails a stream with UNAVAILABLE when the producer closes, and at once', async () => {
    const watch = new Watch()
    const server = await startServer({ services: [echoService(watch)] })
    const c = await connect(server.address)
    const echo = await c.client(EchoService)
    const stream = echo.endless({})
    await stream.next()
    const rest = collect(stream).catch((error: unknown) => error)
    await server.close()
    expect(await rest).toMatchObject({ code: StatusCode.UNAVAILABLE })
    await watch.saw('endless ended')
  })

  it('lets running calls finish within the grace time, and refuses new ones', async () => {
    const watch = new Watch()
    const server = await startServer({ services: [echoService(watch)] })
    const c = await connect(server.address)
    const echo = await c.client(EchoService)
    const chat = echo.chat()
    await chat.send({ text: 'a' })
    await chat.recv()
    const closing = server.close({ graceMs: 10_000 })
    await expect(echo.echo({})).rejects.toMatchObject({ code: StatusCode.UNAVAILABLE })
    await chat.send({ text: 'b' })
    expect(await chat.recv()).toMatchObject({ text: 'echo b' })
    chat.finish()
    expect(await chat.recv()).toBeUndefined()
    await closing
  })
})

it('answers a peer that does not ask first, and one that it has not admitted, with 403', async () => {
  const server = await startServer({ allowAllConsumers: false, rootPubkey: generateKeyPair().publicKey })
  const transport = await IrohTransport.bind({ relayMode: 'disabled', bindAddr: '127.0.0.1:0' })
  open.push(transport)
  const connection = await transport.connect(parseAddress(server.address), { alpn: RPC_ALPN })
  expect(await connection.closed).toEqual({ by: 'peer', code: 403, reason: 'not admitted' })
})
