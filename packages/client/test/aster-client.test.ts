// Calls from AsterClient to AsterServer, over real iroh on loopback.
import { AsterConfig, type ClientEvents } from '@aster/client'
import { formatTicket, generateKeyPair, parseAddress } from '@aster/identity'
import { StatusCode } from '@aster/rpc-core'
import { RPC_ALPN } from '@aster/rpc-core/protocol'
import { EchoService, echoService, Watch } from '@aster/test-services'
import { describe, expect, it } from 'vitest'
import { local, useLoopback } from './loopback.ts'
import { recordConnections } from './recorded-connections.ts'

const { bind, connect, startEchoServer: startServer } = useLoopback()

describe('the way to a call', () => {
  it.each(['address', 'endpointAddr'] as const)('accepts the %s of a server', async (form) => {
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
    const c = await connect([nobody, server.address])
    expect(c.services).toHaveLength(1)
  })

  it('shares one connection among services at one address, and among concurrent first calls', async () => {
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

  it('reports the path that a connection uses', async () => {
    const server = await startServer()
    const c = await connect(server.address)
    const told = new Promise<ClientEvents['path']>((resolve) => c.on('path', resolve))
    await (await c.client(EchoService)).echo({})
    const { addresses } = parseAddress(server.address)
    expect(await told).toEqual({
      endpointId: server.endpointId,
      kind: 'direct',
      // Addresses of both IP families.
      address: expect.toBeOneOf([...addresses]),
      rttMs: expect.any(Number),
    })
  })

  it('keeps the endpoint id of its secret key', async () => {
    const { secretKey, publicKey } = generateKeyPair()
    const server = await startServer({
      config: AsterConfig.from({ ...local, secretKey: secretKey.reveal() }),
    })
    expect(server.endpointId).toBe(publicKey)
  })

  it('can be closed any number of times, and fails calls with UNAVAILABLE afterwards', async () => {
    const server = await startServer()
    const c = await connect(server.address)
    const echo = await c.client(EchoService)
    await echo.echo({})
    await Promise.all([c.close(), c.close()])
    await expect(echo.echo({})).rejects.toMatchObject({ code: StatusCode.UNAVAILABLE })
    await expect(c.client(EchoService)).rejects.toThrow('the client is closed')
    await expect(c.connect()).rejects.toThrow('the client is closed')
  })

  it('recovers after a lost connection: calls in flight fail, later ones dial again', async () => {
    const { transport, accepted } = recordConnections(await bind())
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
