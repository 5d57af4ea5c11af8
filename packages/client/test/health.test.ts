// The health service of AsterServer, over real iroh on loopback.
import { type Codec, ForyCodec, JsonCodec } from '@aster/client'
import { Health, HealthService } from '@aster/health'
import { StatusCode } from '@aster/rpc-core'
import { EchoService } from '@aster/test-services'
import { describe, expect, it } from 'vitest'
import { useLoopback } from './loopback.ts'

const { connect, startEchoServer } = useLoopback()
const startServer = (health: Health | true = true) => startEchoServer({ health })

describe.each<[string, () => Codec]>([
  ['XLANG', () => new ForyCodec()],
  ['JSON', () => new JsonCodec()],
])('the health of a server, in %s', (_mode, codec) => {
  it('is checked with the definition, for the server, a service, and a service that does not exist', async () => {
    const client = await connect((await startServer()).address)
    const health = await client.client(HealthService, { codec: codec() })
    expect(await health.check({})).toEqual({ status: 'SERVING' })
    expect(await health.check({ service: 'Echo' })).toEqual({ status: 'SERVING' })
    await expect(health.check({ service: 'Nobody' })).rejects.toMatchObject({ code: StatusCode.NOT_FOUND })
  })

  it('is watched until the server shuts down, which a watcher does not delay', async () => {
    const server = await startServer()
    const client = await connect(server.address)
    const health = await client.client(HealthService, { codec: codec() })
    const seen: string[] = []
    let closing: Promise<void> | undefined
    for await (const { status } of health.watch({ service: 'Echo' })) {
      seen.push(status)
      if (seen.length === 1) server.health?.set('Echo', 'NOT_SERVING')
      if (seen.length === 2) server.health?.set('Echo', 'SERVING')
      if (seen.length === 3) closing = server.close({ graceMs: 600_000 })
    }
    expect(seen).toEqual(['SERVING', 'NOT_SERVING', 'SERVING', 'NOT_SERVING'])
    await closing
  })
})

it('is called without a definition, like any service', async () => {
  const client = await connect((await startServer()).address)
  expect(await client.dynamic('Health').call('check', { service: '' })).toEqual({ status: 'SERVING' })
})

it('reports a drain while calls are still running', async () => {
  const server = await startServer()
  const client = await connect(server.address)
  const [echo, health] = [await client.client(EchoService), await client.client(HealthService)]
  const watch = health.watch({})
  expect(await watch.next()).toMatchObject({ value: { status: 'SERVING' } })
  const chat = echo.chat()
  await chat.send({ text: 'a' })
  await chat.recv()
  const closing = server.close({ graceMs: 600_000 })
  expect(await watch.next()).toMatchObject({ value: { status: 'NOT_SERVING' } })
  expect(await watch.next()).toMatchObject({ done: true })
  await chat.send({ text: 'b' })
  expect(await chat.recv()).toMatchObject({ text: 'echo b' })
  chat.finish()
  expect(await chat.recv()).toBeUndefined()
  await closing
})

it('keeps the statuses of a Health of the user, also for a watcher that leaves', async () => {
  const health = new Health()
  health.set('Echo', 'NOT_SERVING')
  const client = await connect((await startServer(health)).address)
  const asked = await client.client(HealthService)
  expect(await asked.check({ service: 'Echo' })).toEqual({ status: 'NOT_SERVING' })
  for await (const { status } of asked.watch({ service: 'Echo' })) {
    expect(status).toBe('NOT_SERVING')
    break
  }
  expect(await asked.check({ service: 'Echo' })).toEqual({ status: 'NOT_SERVING' })
})
