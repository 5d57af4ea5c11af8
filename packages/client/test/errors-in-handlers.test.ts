// Handlers that call other producers, over real iroh on loopback. The messages of their errors name endpoints, and are not sent on.
import { AsterClient, type AsterClientOptions } from '@aster/client'
import { formatTicket } from '@aster/identity'
import { defineService, RpcError, StatusCode, t, unary } from '@aster/rpc-core'
import { implement } from '@aster/server'
import { EchoService } from '@aster/test-services'
import { expect, it } from 'vitest'
import { config, useLoopback } from './loopback.ts'

const { bind, connect, startServer, startEchoServer } = useLoopback()

const Nothing = t.struct('front/Nothing', {})
const Front = defineService({ name: 'Front', methods: { ask: unary(Nothing, Nothing) } })

const failures: Record<string, (address: string, options: AsterClientOptions) => Promise<unknown>> = {
  'the producer cannot be reached': (endpointAddr, options) =>
    AsterClient.connect({ ...options, endpointAddr, connectTimeoutMs: 300 }),
  async 'the client is closed'(endpointAddr, options) {
    const client = new AsterClient({ ...options, endpointAddr })
    await client.close()
    return client.connect()
  },
  async 'the producer of a connected client has gone'(_endpointAddr, options) {
    const producer = await startEchoServer()
    await using client = await AsterClient.connect({ ...options, endpointAddr: producer.address })
    const echo = await client.client(EchoService)
    await producer.close()
    return echo.echo({ text: 'hi' }, { timeoutMs: 300 })
  },
}

it.each(Object.entries(failures))(
  'if %s, the caller of the handler does not learn the address',
  async (_what, fail) => {
    const gone = await bind()
    const { localAddress } = gone
    await gone.close()
    const errors: unknown[] = []
    const logger = { debug() {}, info() {}, warn() {}, error: ({ err }: { err?: unknown }) => void errors.push(err) }
    const front = implement(Front, {
      async ask() {
        await fail(formatTicket(localAddress), { config })
        return {}
      },
    })
    const server = await startServer({
      services: [front],
      allowAllConsumers: true,
      logger,
    })
    const asking = await (await connect(server.address)).client(Front)
    const error = await asking.ask({}).catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(RpcError)
    expect(error).toMatchObject({
      code: StatusCode.UNKNOWN,
      message: expect.stringMatching(/^the handler failed \(call /),
    })
    expect(errors).toEqual([expect.any(RpcError)])
  },
)
