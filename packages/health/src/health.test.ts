import { ForyCodec } from '@aster/codec-fory'
import { JsonCodec } from '@aster/codec-json'
import { type Client, createClient } from '@aster/rpc-client'
import { AsterError, type Connection, StatusCode } from '@aster/rpc-core'
import { serveConnection, type ServedConnection } from '@aster/rpc-server'
import { memoryPair } from '@aster/transport-memory'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Health, HealthService } from './index.ts'

describe.each([
  ['JSON', () => new JsonCodec()],
  ['XLANG', () => new ForyCodec()],
])('a health service in %s', (_mode, codec) => {
  let health: Health
  let served: ServedConnection
  let consumer: Connection
  let client: Client<typeof HealthService>
  beforeEach(() => {
    health = new Health()
    const [ours, theirs] = memoryPair()
    consumer = ours
    served = serveConnection(theirs, { services: [health.service], codecs: [codec()] })
    client = createClient(HealthService, { connection: consumer, codec: codec() })
  })
  afterEach(async () => {
    consumer.close()
    await served.done
  })

  it('tells what was set, and that the server as a whole serves', async () => {
    expect(await client.check({})).toEqual({ status: 'SERVING' })
    for (const status of ['UNKNOWN', 'SERVING', 'NOT_SERVING'] as const) {
      health.set('Geo', status)
      expect(await client.check({ service: 'Geo' })).toEqual({ status })
    }
    expect(await client.check({})).toEqual({ status: 'SERVING' })
  })

  it('does not find a service that was never set', async () => {
    await expect(client.check({ service: 'Geo' })).rejects.toMatchObject({
      code: StatusCode.NOT_FOUND,
      message: expect.stringContaining("'Geo'"),
    })
  })

  it('tells a watcher what there is at once, and then every change', async () => {
    health.set('Geo', 'SERVING')
    const watch = client.watch({ service: 'Geo' })
    expect(await watch.next()).toEqual({ done: false, value: { status: 'SERVING' } })
    health.set('Geo', 'NOT_SERVING')
    expect(await watch.next()).toMatchObject({ value: { status: 'NOT_SERVING' } })
    health.set('Geo', 'SERVING')
    expect(await watch.next()).toMatchObject({ value: { status: 'SERVING' } })
    await watch.return?.()
  })

  it('goes on watching a service that it does not know yet', async () => {
    const watch = client.watch({ service: 'Geo' })
    expect(await watch.next()).toMatchObject({ value: { status: 'SERVICE_UNKNOWN' } })
    health.set('Geo', 'SERVING')
    expect(await watch.next()).toMatchObject({ value: { status: 'SERVING' } })
    await watch.return?.()
  })

  it('sends no status twice in a row, whatever else changes', async () => {
    const watch = client.watch({})
    expect(await watch.next()).toMatchObject({ value: { status: 'SERVING' } })
    health.set('', 'SERVING')
    health.set('Geo', 'NOT_SERVING')
    health.set('', 'NOT_SERVING')
    health.set('', 'SERVING')
    // The watcher has seen none of these statuses, and its next one differs from the last.
    health.set('', 'NOT_SERVING')
    expect(await watch.next()).toMatchObject({ value: { status: 'NOT_SERVING' } })
    await watch.return?.()
  })

  it('tells all watchers of a shutdown, and ends their streams with OK', async () => {
    health.set('Geo', 'SERVING')
    const [all, geo, unknown] = ['', 'Geo', 'Other'].map((service) => client.watch({ service }))
    for (const watch of [all, geo, unknown]) await watch?.next()
    health.shutdown()
    expect(await all?.next()).toMatchObject({ value: { status: 'NOT_SERVING' } })
    expect(await geo?.next()).toMatchObject({ value: { status: 'NOT_SERVING' } })
    for (const watch of [all, geo, unknown]) expect(await watch?.next()).toMatchObject({ done: true })
  })

  it('ends a watch that begins after a shutdown, once it has told what there is', async () => {
    health.shutdown()
    const seen = []
    for await (const { status } of client.watch({})) seen.push(status)
    expect(seen).toEqual(['NOT_SERVING'])
    expect(await client.check({})).toEqual({ status: 'NOT_SERVING' })
  })

  it('does not hold up a server that drains', async () => {
    const watch = client.watch({})
    await watch.next()
    health.shutdown()
    const closing = served.close({ graceMs: 600_000 })
    const seen = []
    for await (const { status } of watch) seen.push(status)
    expect(seen).toEqual(['NOT_SERVING'])
    await closing
  })
})

/** Opens a watch of which nothing sends the statuses. */
function watching(health: Health, signal: AbortSignal, service = ''): AsyncGenerator<{ status: string }> {
  type Watch = (request: object, context: object) => AsyncGenerator<{ status: string }>
  return (health.service.open({ id: '', attributes: {} }) as { watch: Watch }).watch({ service }, { signal })
}

describe('a watcher', () => {
  it('that is slow gets the latest status, and no backlog', async () => {
    const health = new Health()
    const watch = watching(health, new AbortController().signal)
    expect(await watch.next()).toMatchObject({ value: { status: 'SERVING' } })
    for (let i = 0; i < 1000; i++) health.set('', i % 2 === 0 ? 'UNKNOWN' : 'SERVING')
    health.set('', 'NOT_SERVING')
    expect(await watch.next()).toMatchObject({ value: { status: 'NOT_SERVING' } })
    health.set('', 'SERVING')
    expect(await watch.next()).toMatchObject({ value: { status: 'SERVING' } })
  })

  it('that is gone is forgotten, though nothing changes', async () => {
    const leaving = new AbortController()
    const watch = watching(new Health(), leaving.signal)
    await watch.next()
    const next = watch.next()
    leaving.abort()
    expect(await next).toEqual({ done: true, value: undefined })
  })
})

describe('statuses', () => {
  it('of a server as a whole begin with SERVING, all others with none', () => {
    const health = new Health()
    expect(health.get('')).toBe('SERVING')
    expect(health.get('Geo')).toBeUndefined()
  })

  it('stay NOT_SERVING after a shutdown', () => {
    const health = new Health()
    health.set('Geo', 'SERVING')
    health.shutdown()
    health.set('Geo', 'SERVING')
    health.set('Late', 'SERVING')
    health.shutdown()
    expect([health.get(''), health.get('Geo'), health.get('Late')]).toEqual(['NOT_SERVING', 'NOT_SERVING', undefined])
  })

  it.each([
    ['SERVICE_UNKNOWN', 'found "SERVICE_UNKNOWN"'],
    ['serving', 'found "serving"'],
    [1, 'found number'],
    [undefined, 'found undefined'],
  ])('cannot be %j', (status, found) => {
    const set = (): void => new Health().set('Geo', status as never)
    expect(set).toThrow(AsterError)
    expect(set).toThrow(`Health.set: expected status as UNKNOWN, SERVING, NOT_SERVING, ${found}`)
  })

  it('have the names of services', () => {
    expect(() => new Health().set(5 as never, 'SERVING')).toThrow(
      'Health.set: expected service as a string, found number',
    )
  })
})
