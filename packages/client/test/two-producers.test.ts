// One client with two of our producers, over iroh on loopback.
import { AsterClient, type AsterClientOptions } from '@aster/client'
import { RPC_ALPN } from '@aster/rpc-core/protocol'
import type { AsterServer } from '@aster/server'
import { CounterService, counterService, EchoService, echoService } from '@aster/test-services'
import { beforeEach, expect, it } from 'vitest'
import { config, useLoopback } from './loopback.ts'
import { recordConnections } from './recorded-connections.ts'

const { bind, closeLater, startServer } = useLoopback()
let servers: AsterServer[]
beforeEach(async () => {
  servers = []
  for (const text of ['a', 'b']) {
    servers.push(
      await startServer({
        allowAllConsumers: true,
        services: [echoService(), counterService()],
        interceptors: [async (call, next) => (call.method.name === 'echo' ? { text, count: 0 } : next(call))],
      }),
    )
  }
})

function newClient(options: AsterClientOptions = {}): AsterClient {
  return closeLater(new AsterClient({ config, endpointAddr: servers.map(({ address }) => address), ...options }))
}

async function connect(options: AsterClientOptions = {}): Promise<AsterClient> {
  const client = newClient(options)
  await client.connect()
  return client
}

it('pick-first stays with one, and goes to the other when that one is closed', async () => {
  const client = await connect()
  const events: string[] = []
  client.on('lost', ({ endpointId }) => events.push(`lost ${endpointId}`))
  client.on('admitted', ({ endpointId }) => events.push(`admitted ${endpointId}`))
  const echo = await client.client(EchoService)
  const [first, second] = servers as [AsterServer, AsterServer]
  expect([await echo.echo({}), await echo.echo({})].map(({ text }) => text)).toEqual(['a', 'a'])
  await first.close()
  await expect.poll(() => events).toContain(`lost ${first.endpointId}`)
  expect((await echo.echo({})).text).toBe('b')
  expect(events).toEqual([`lost ${first.endpointId}`, `admitted ${second.endpointId}`])
  expect(client.state).toBe('connected')
})

it.each(['round-robin', 'least-pending'] as const)('%s calls both, and then the remaining one', async (policy) => {
  const client = newClient({ policy })
  let admissions = 0
  const both = new Promise<void>((resolve) => client.on('admitted', () => ++admissions === 2 && resolve()))
  const lost = new Promise<void>((resolve) => client.on('lost', () => resolve()))
  await client.connect()
  await both
  const echo = await client.client(EchoService)
  const answers = new Set<string>()
  for (let i = 0; i < 4; i++) answers.add((await echo.echo({})).text)
  expect([...answers].sort()).toEqual(['a', 'b'])
  await servers[0]?.close()
  await lost
  for (let i = 0; i < 4; i++) expect((await echo.echo({})).text).toBe('b')
})

it('closes an idle connection after the session is closed, and dials again', async () => {
  const { transport, dialled } = recordConnections(await bind())
  const calls = () => dialled.filter(({ alpn }) => alpn === RPC_ALPN)
  const client = await connect({ transport, idleTimeoutMs: 1_000 })
  const session = await client.session(CounterService)
  const tick = session.endless({})
  for (let i = 0; i < 5; i++) await tick.next()
  await tick.return?.()
  await session.close()
  expect(await calls()[0]?.closed).toMatchObject({ by: 'local' })
  expect((await (await client.client(EchoService)).echo({})).text).toBe('a')
  expect([calls().length, client.state]).toEqual([2, 'connected'])
})

it('calls without a definition', async () => {
  const client = await connect()
  expect(await client.dynamic('Echo').clientStream('add_up', [{ count: 1 }, { count: 2 }])).toMatchObject({ count: 3 })
  await using session = await client.dynamicSession('Counter')
  expect(await session.call('add', { count: 5 })).toEqual({ text: 'total', count: 5 })
})
