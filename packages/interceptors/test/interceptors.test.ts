import {
  circuitBreaker,
  concurrencyLimit,
  deadline,
  logCalls,
  mapRequests,
  mapResponses,
  onOutcome,
  peerLimit,
  rateLimit,
  requireAttributes,
  retry,
} from '@aster/interceptors'
import { measureCalls, traceCalls } from '@aster/interceptors/opentelemetry'
import { type Interceptor, type Logger, RpcError, StatusCode } from '@aster/rpc-core'
import { codeOf, collect, type Item, numbered } from '@aster/test-services'
import { afterEach, describe, expect, it } from 'vitest'
import { startFlaky as start, stopFlaky } from './flaky-service.ts'

afterEach(stopFlaky)

const timers = (): number => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length

describe('interceptors on both sides', () => {
  const named =
    (log: string[], name: string): Interceptor =>
    async (call, next) => {
      log.push(`> ${name}`)
      try {
        return await mapResponses(call, next, (item) => {
          log.push(`< ${name}`)
          return item
        })
      } catch (error) {
        log.push(`! ${name}`)
        throw error
      }
    }

  it('run from left to right on the way in, and back on the way out', async () => {
    const log: string[] = []
    const { c } = start({
      client: [named(log, 'c1'), named(log, 'c2')],
      server: [named(log, 's1'), named(log, 's2')],
      failures: 1,
    })
    const way = ['> c1', '> c2', '> s1', '> s2']
    await c.echo({})
    expect(log.splice(0)).toEqual([...way, '< s2', '< s1', '< c2', '< c1'])
    await expect(c.again({})).rejects.toMatchObject({ code: StatusCode.UNAVAILABLE })
    expect(log.splice(0)).toEqual([...way, '! s2', '! s1', '! c2', '! c1'])
    await collect(c.count({ count: 1 }))
    expect(log.splice(0)).toEqual([...way, '< s2', '< s1', '< c2', '< c1'])
    await c.sum(numbered(3))
    expect(log.splice(0)).toEqual([...way, '< s2', '< s1', '< c2', '< c1'])
  })

  it('change request, metadata, response and error', async () => {
    const seen: unknown[] = []
    const client: Interceptor = (call, next) => {
      call.metadata['added'] = 'by the client'
      call.request =
        call.method.kind === 'clientStream'
          ? mapRequests(call.request, () => ({ count: 10 }))
          : { ...(call.request as Item), text: 'changed' }
      return mapResponses(call, next, (item) => ({ ...(item as Item), count: 7 }))
    }
    const server: Interceptor = async (call, next) => {
      seen.push(call.metadata['added'])
      try {
        return await next(call)
      } catch (error) {
        throw new RpcError(StatusCode.ABORTED, 'renamed', { cause: error })
      }
    }
    const { c } = start({ client: [client], server: [server], failures: 1 })
    await expect(c.again({})).rejects.toMatchObject({ code: StatusCode.ABORTED, message: 'renamed' })
    await expect(c.echo({ text: 'a', count: 1 })).resolves.toEqual({ text: 'changed', count: 7 })
    await expect(collect(c.count({ count: 2 }))).resolves.toMatchObject([{ count: 7 }, { count: 7 }])
    let total: unknown
    const peek: Interceptor = async (call, next) => (total = await next(call))
    const other = start({ client: [client, peek] })
    await other.c.sum(numbered(3))
    expect(total).toMatchObject({ count: 30 })
    expect(seen).toEqual(['by the client', 'by the client', 'by the client'])
  })

  it('answer without the call, on either side', async () => {
    const cached: Interceptor = async ({ method }) =>
      method.kind === 'unary'
        ? { text: 'cached', count: 0 }
        : (async function* () {
            yield { text: 'cached', count: 0 }
          })()
    for (const setting of [{ client: [cached] }, { server: [cached] }]) {
      const { c, attempts } = start(setting)
      await expect(c.again({})).resolves.toEqual({ text: 'cached', count: 0 })
      await expect(collect(c.count({}))).resolves.toEqual([{ text: 'cached', count: 0 }])
      expect(attempts()).toBe(0)
    }
  })

  it('let the caller leave a stream, and observe it', async () => {
    const outcomes: string[] = []
    const note =
      (side: string): Interceptor =>
      (call, next) =>
        onOutcome(call, next, ({ error, responses }) => outcomes.push(`${side} ${error?.codeName} ${responses}`))
    const { c, watch } = start({ client: [note('client')], server: [note('server')] })
    for await (const { count } of c.endless({})) if (count === 2) break
    await watch.saw('endless ended')
    expect(outcomes[0]).toBe('client CANCELLED 3')
    await expect.poll(() => outcomes[1]).toMatch(/^server CANCELLED \d+$/)
  })

  it('do not keep a bidi call from ending its requests', async () => {
    const { c } = start({
      client: [(call, next) => next({ ...call, request: mapRequests(call.request, (item) => item) })],
    })
    const chat = c.chat()
    const received = expect(chat.recv()).rejects.toMatchObject({ code: StatusCode.ABORTED })
    await chat.send({ text: 'fail' })
    const sends = (async () => {
      for (;;) await chat.send({ text: 'more' })
    })()
    await expect(sends).rejects.toBeInstanceOf(RpcError)
    await received
  })
})

it('requireAttributes checks the attributes of the credential', async () => {
  const server = [requireAttributes({ 'aster.role': ['ops', 'admin'] })]
  const as = (attributes: Record<string, string>) => start({ server, serve: { peer: { id: 'p', attributes } } }).c
  expect(await codeOf(as({ 'aster.role': 'ops' }).echo({}))).toBe('OK')
  expect(await codeOf(as({ 'aster.role': 'dev' }).echo({}))).toBe('PERMISSION_DENIED')
  expect(await codeOf(collect(as({}).count({})))).toBe('UNAUTHENTICATED')
})

it('logCalls logs the same call id on both sides', async () => {
  const lines: Record<string, unknown>[] = []
  const add = (fields: object): void => void lines.push({ ...fields })
  const logger: Logger = { debug: add, info: add, warn: add, error: add }
  const { c } = start({ client: [logCalls({ logger })], server: [logCalls({ logger })] })
  await c.sum(numbered(3))
  const chat = c.chat()
  await chat.send({ text: 'a' })
  chat.finish()
  await collect(chat)
  expect(
    lines.map(({ side, method, code, peer, requests, responses }) => ({
      side,
      method,
      code,
      peer,
      requests,
      responses,
    })),
  ).toEqual([
    { side: 'server', method: 'sum', code: 'OK', peer: 'consumer', requests: 3, responses: undefined },
    { side: 'client', method: 'sum', code: 'OK', peer: 'producer', requests: 3, responses: undefined },
    { side: 'server', method: 'chat', code: 'OK', peer: 'consumer', requests: 1, responses: 1 },
    { side: 'client', method: 'chat', code: 'OK', peer: 'producer', requests: 1, responses: 1 },
  ])
  expect(lines[0]?.['callId']).toBe(lines[1]?.['callId'])
})

it('all interceptors together change nothing, and leave no timer and no listener', async () => {
  const before = timers()
  const lines: object[] = []
  const add = (fields: object): void => void lines.push(fields)
  const logger: Logger = { debug: add, info: add, warn: add, error: add }
  const common = (): Interceptor[] => [
    logCalls({ logger }),
    traceCalls(),
    measureCalls(),
    deadline({ defaultMs: 60_000 }),
    circuitBreaker(),
    concurrencyLimit({ maxConcurrent: 50, queue: 500 }),
    rateLimit({ perSecond: 100_000 }),
  ]
  const { c, watch } = start({
    client: [...common(), retry()],
    server: [...common(), peerLimit({ maxConcurrent: 50, perSecond: 100_000 }), requireAttributes(() => true)],
  })
  const all = await Promise.all(
    numbered(100).map(async (item) => {
      expect(await c.echo(item)).toEqual(item)
      expect(await collect(c.count({ count: 3 }))).toEqual(numbered(3))
      expect(await c.sum(numbered(4))).toMatchObject({ count: 6 })
      const chat = c.chat()
      await chat.send(item)
      expect(await chat.recv()).toEqual({ text: `echo ${item.text}`, count: item.count })
      chat.finish()
      expect(await chat.recv()).toBeUndefined()
      for await (const { count } of c.endless({})) if (count === 2) break
      const controller = new AbortController()
      const waiting = c.wait({}, { signal: controller.signal })
      controller.abort(new Error('enough'))
      await expect(waiting).rejects.toMatchObject({
        code: StatusCode.CANCELLED,
        message: expect.stringContaining('enough'),
      })
      return true
    }),
  )
  expect(all).toHaveLength(100)
  await watch.saw('endless ended')
  await stopFlaky()
  await expect.poll(timers).toBe(before)
  expect(lines.length).toBeGreaterThan(1_000)
})
