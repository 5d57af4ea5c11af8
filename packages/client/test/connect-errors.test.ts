// Errors of AsterClient when it cannot connect to a producer, over real iroh on loopback.
import {
  AdmissionDeniedError,
  AsterClient,
  AsterConfig,
  AsterError,
  ConfigError,
  ProducerIdentityError,
} from '@aster/client'
import { formatNodeAddr, formatTicket, generateKeyPair, parseAddress } from '@aster/identity'
import { type Connection, StatusCode } from '@aster/rpc-core'
import { LIMITS, RPC_ALPN } from '@aster/rpc-core/protocol'
import { describe, expect, it } from 'vitest'
import { config, local, useLoopback } from './loopback.ts'
import { startStrangeProducer, startStrangeStreams } from './strange-producer.ts'

const { bind, connect, startEchoServer: startServer } = useLoopback()

describe('what can go wrong', () => {
  it('says that an address is required', () => {
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

  it('fails within the connect timeout if no peer answers, and names the address', async () => {
    const endpointId = generateKeyPair().publicKey
    const error = await connect(formatTicket({ endpointId, addresses: ['127.0.0.1:9'] }), {
      connectTimeoutMs: 300,
    }).catch((reason: unknown) => reason)
    expect(error).toMatchObject({ code: StatusCode.UNAVAILABLE })
    expect(String(error)).toContain(endpointId)
    expect(String(error)).toContain('127.0.0.1:9')
  })

  it('says that the relay of the address cannot be reached', async () => {
    const relayUrl = 'http://127.0.0.1:9/'
    const endpointId = generateKeyPair().publicKey
    const error = await connect(formatNodeAddr({ endpointId, relayUrl, addresses: ['127.0.0.1:9'] }), {
      config: AsterConfig.from({ ...local, relayMode: relayUrl }),
      // Half of the time is for the answer of the relay, even on a busy machine.
      connectTimeoutMs: 4_000,
    }).catch((reason: unknown) => reason)
    expect(error).toMatchObject({ code: StatusCode.UNAVAILABLE })
    expect(String(error)).toMatch(/no answer within \d+ ms; the relay http:\/\/127\.0\.0\.1:9\/ cannot be reached \(/)
    expect(String(error)).toContain('this side is not connected to a relay')
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

  it('is denied by a producer that requires a credential', async () => {
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
    const address = startStrangeStreams(await bind(), async (stream, connection) => {
      await stream.read()
      await behave(connection)
    })
    await expect(connect(address)).rejects.toMatchObject(expected)
  })

  it.each([
    ['nothing at all', '', 'AdmissionDeniedError'],
    ['something that is not JSON', 'hello', 'AdmissionError'],
    ['admitted as a text', '{"admitted":"false"}', 'AdmissionError'],
    ['more than the limit', ' '.repeat(LIMITS.admissionMessage + 1), 'AdmissionError'],
  ])('refuses an answer to the admission request that is %s', async (_what, answer, name) => {
    const address = startStrangeStreams(await bind(), (stream) =>
      stream.write(new TextEncoder().encode(answer), { finish: true }),
    )
    await expect(connect(address)).rejects.toMatchObject({ name })
  })

  it('fails if the producer does not answer the admission request', async () => {
    const address = startStrangeStreams(await bind(), async (stream) => void (await stream.read()))
    await expect(connect(address, { connectTimeoutMs: 2_000 })).rejects.toMatchObject({
      code: StatusCode.UNAVAILABLE,
      message: expect.stringContaining('did not answer the admission request'),
    })
  })

  it('stops waiting when the caller’s signal aborts', async () => {
    const controller = new AbortController()
    const address = startStrangeProducer(await bind(), async () => controller.abort(new Error('enough')))
    await expect(connect(address, { signal: controller.signal })).rejects.toThrow('enough')
  })
})

it('closes with 403 for a peer that has not asked for admission, and for one that was refused', async () => {
  const server = await startServer({ allowAllConsumers: false, rootPubkey: generateKeyPair().publicKey })
  const transport = await bind()
  const connection = await transport.connect(parseAddress(server.address), { alpn: RPC_ALPN })
  expect(await connection.closed).toEqual({ by: 'peer', code: 403, reason: 'not admitted' })
})
