import { JsonCodec } from '@aster/codec-json'
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
import { createClient } from '@aster/rpc-client'
import {
  bidiStream,
  clientStream,
  type Connection,
  defineService,
  implement,
  type Interceptor,
  type Logger,
  markUnsent,
  RpcError,
  serverStream,
  StatusCode,
  t,
  unary,
} from '@aster/rpc-core'
import { type ServeOptions, serveConnection } from '@aster/rpc-server'
import { memoryPair } from '@aster/transport-memory'
import { afterEach, describe, expect, it } from 'vitest'
import { collect, Item, numbered, Watch } from './echo-service.ts'

const Flaky = defineService({
  name: 'Flaky',
  methods: {
    echo: unary(Item, Item),
    again: unary(Item, Item, { idempotent: true }),
    count: serverStream(Item, Item, { idempotent: true }),
    wait: unary(Item, Item),
    endless: serverStream(Item, Item),
    sum: clientStream(Item, Item, { idempotent: true }),
    chat: bidiStream(Item, Item, { idempotent: true }),
  },
})

/** Fails as many calls as it is told before it serves. */
function flaky(watch: Watch, failures: () => boolean) {
  const attempt = (): void => {
    watch.note('attempt')
    if (failures()) throw new RpcError(StatusCode.UNAVAILABLE, 'not yet')
  }
  return implement(Flaky, {
    echo: (item) => item,
    again(item) {
      attempt()
      return item
    },
    async *count({ count }) {
      attempt()
      yield* numbered(count)
    },
    async wait(_item, { signal, deadline: at }) {
      watch.note('wait started')
      try {
        await new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)))
      } finally {
        watch.note(`wait ended ${at === undefined ? 'without' : 'with'} a deadline`)
      }
      return {}
    },
    async *endless() {
      try {
        for (let count = 0; ; count++) yield { text: 'more', count }
      } finally {
        watch.note('endless ended')
      }
    },
    async sum(items) {
      let count = 0
      for await (const item of items) count += item.count
      attempt()
      return { count }
    },
    async *chat(items, { signal }) {
      signal.addEventListener('abort', () => watch.note('chat aborted'))
      for await (const item of items) {
        if (item.text === 'fail') throw new RpcError(StatusCode.ABORTED, 'chat failed')
        yield { text: `echo ${item.text}`, count: item.count }
      }
    },
  })
}

interface Setting {
  readonly client?: readonly Interceptor[]
  readonly server?: readonly Interceptor[]
  readonly serve?: Partial<ServeOptions>
  /** Attempts that fail. @default 0 */
  readonly failures?: number
  readonly connection?: (connection: Connection) => Connection
}

const cleanups: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup()
})

function start({ client = [], server = [], serve = {}, failures = 0, connection = (it) => it }: Setting) {
  const watch = new Watch()
  let left = failures
  const [consumer, producer] = memoryPair()
  const service = flaky(watch, () => left-- > 0)
  const served = serveConnection(producer, {
    services: [service],
    codecs: [new JsonCodec()],
    interceptors: server,
    ...serve,
  })
  cleanups.push(async () => {
    consumer.close()
    await served.done
  })
  const c = createClient(Flaky, {
    connection: () => connection(consumer),
    codec: new JsonCodec(),
    interceptors: client,
  })
  return { c, watch, consumer, attempts: () => watch.events.filter((event) => event === 'attempt').length }
}

const codeOf = (call: Promise<unknown>): Promise<unknown> =>
  call.then(
    () => 'OK',
    (error: unknown) => (error instanceof RpcError ? error.codeName : error),
  )
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

  it('let the caller leave a stream, and see it', async () => {
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

  it('do not keep a bidi call from telling its sender of the end', async () => {
    const { c } = start({
      client: [(call, next) => next({ ...call, request: mapRequests(call.request, (item) => item) })],
    })
    const chat = c.chat()
    await chat.send({ text: 'fail' })
    const sends = (async () => {
      for (;;) await chat.send({ text: 'more' })
    })()
    await expect(sends).rejects.toBeInstanceOf(RpcError)
    await expect(chat.recv()).rejects.toMatchObject({ code: StatusCode.ABORTED })
  })
})

describe('deadline', () => {
  it('is sent along, and enforced on both sides', async () => {
    const { c, watch } = start({ client: [deadline({ defaultMs: 40 })] })
    await expect(c.wait({})).rejects.toMatchObject({ code: StatusCode.DEADLINE_EXCEEDED })
    await watch.saw('wait ended with a deadline')
    await expect(collect(c.endless({}))).rejects.toMatchObject({ code: StatusCode.DEADLINE_EXCEEDED })
    await watch.saw('endless ended')
  })

  it('of a server shortens what consumers ask for', async () => {
    const { c, watch } = start({ server: [deadline({ maxMs: 40 })] })
    await expect(c.wait({}, { timeoutMs: 60_000 })).rejects.toMatchObject({ code: StatusCode.DEADLINE_EXCEEDED })
    await watch.saw('wait ended with a deadline')
    await expect(collect(c.endless({}))).rejects.toMatchObject({ code: StatusCode.DEADLINE_EXCEEDED })
    await watch.saw('endless ended')
  })

  it('of a server keeps a handler from taking half of the requests for all', async () => {
    const { c, attempts } = start({ server: [deadline({ maxMs: 40 })] })
    async function* never() {
      yield { count: 1 }
      await new Promise(() => {})
    }
    await expect(c.sum(never())).rejects.toMatchObject({ code: StatusCode.DEADLINE_EXCEEDED })
    expect(attempts()).toBe(0)
    await expect(c.sum(numbered(3))).resolves.toMatchObject({ count: 3 })
  })
})

describe('retry', () => {
  const soon = (): Interceptor => retry({ baseDelayMs: 1, maxAttempts: 4 })

  it('makes idempotent calls again, single ones and server streams', async () => {
    const unaryCalls = start({ client: [soon()], failures: 3 })
    await expect(unaryCalls.c.again({ text: 'a' })).resolves.toMatchObject({ text: 'a' })
    expect(unaryCalls.attempts()).toBe(4)
    const streams = start({ client: [soon()], failures: 3 })
    expect(await collect(streams.c.count({ count: 3 }))).toEqual(numbered(3))
    expect(streams.attempts()).toBe(4)
  })

  it('gives up after maxAttempts', async () => {
    const { c, attempts } = start({ client: [soon()], failures: 9 })
    await expect(c.again({})).rejects.toMatchObject({ code: StatusCode.UNAVAILABLE, message: 'not yet' })
    expect(attempts()).toBe(4)
  })

  it('never makes a client stream again', async () => {
    const { c, attempts } = start({ client: [soon()], failures: 1 })
    await expect(c.sum(numbered(3))).rejects.toMatchObject({ code: StatusCode.UNAVAILABLE })
    expect(attempts()).toBe(1)
  })

  it('makes any call again of which nothing was sent', async () => {
    let refusals = 2
    const connection = (found: Connection): Connection => {
      if (refusals-- > 0) throw markUnsent(new RpcError(StatusCode.UNAVAILABLE, 'no connection'))
      return found
    }
    const { c } = start({ client: [soon()], connection })
    await expect(c.echo({ text: 'a' })).resolves.toMatchObject({ text: 'a' })
  })

  it('ends with the caller’s deadline, and leaves the stream that the caller leaves', async () => {
    const { c, watch } = start({ client: [retry({ baseDelayMs: 60_000 })], failures: 9 })
    await expect(c.again({}, { timeoutMs: 50 })).rejects.toMatchObject({ code: StatusCode.UNAVAILABLE })
    for await (const { count } of c.endless({})) if (count === 2) break
    await watch.saw('endless ended')
  })
})

it('circuitBreaker refuses calls while the producer is gone, and lets them through when it is back', async () => {
  let gone = true
  const connection = (found: Connection): Connection => {
    if (gone) throw new RpcError(StatusCode.UNAVAILABLE, 'no connection')
    return found
  }
  const { c } = start({ client: [circuitBreaker({ minCalls: 3, openMs: 30 })], connection })
  for (let i = 0; i < 3; i++) await expect(c.echo({})).rejects.toMatchObject({ message: 'no connection' })
  gone = false
  await expect(c.echo({})).rejects.toMatchObject({
    code: StatusCode.UNAVAILABLE,
    message: expect.stringContaining('the circuit of Flaky.echo is open'),
  })
  await expect.poll(() => codeOf(c.echo({}))).toBe('OK')
})

describe('limits', () => {
  it('concurrencyLimit of a server holds a place for a stream until it is left', async () => {
    const { c, watch } = start({ server: [concurrencyLimit({ max: 1 })] })
    const stream = c.endless({})
    await stream.next()
    await expect(c.echo({})).rejects.toMatchObject({ code: StatusCode.RESOURCE_EXHAUSTED })
    await stream.return?.()
    await watch.saw('endless ended')
    await expect.poll(() => codeOf(c.echo({}))).toBe('OK')
  })

  it('concurrencyLimit of a client gives the place of a bidi call back that is cancelled unread', async () => {
    const { c, watch } = start({ client: [concurrencyLimit({ max: 1 })] })
    {
      await using chat = c.chat()
      await chat.send({ text: 'a' })
      await expect(c.echo({})).rejects.toMatchObject({ code: StatusCode.RESOURCE_EXHAUSTED })
    }
    await watch.saw('chat aborted')
    await expect.poll(() => codeOf(c.echo({}))).toBe('OK')
  })

  it('concurrencyLimit lets calls wait within their deadline', async () => {
    const { c, watch } = start({ client: [concurrencyLimit({ max: 1, queue: 5 })] })
    const controller = new AbortController()
    const first = c.wait({}, { signal: controller.signal })
    await watch.saw('wait started')
    await expect(c.echo({}, { timeoutMs: 30 })).rejects.toMatchObject({ code: StatusCode.DEADLINE_EXCEEDED })
    const second = c.echo({ text: 'second' })
    controller.abort()
    await expect(first).rejects.toMatchObject({ code: StatusCode.CANCELLED })
    await expect(second).resolves.toMatchObject({ text: 'second' })
  })

  it('rateLimit and peerLimit refuse what is too much', async () => {
    const rate = { perSecond: 0.001, burst: 2 }
    for (const server of [rateLimit(rate), peerLimit({ rate }), peerLimit({ concurrency: { max: 1 }, rate })]) {
      const { c } = start({ server: [server] })
      expect([await codeOf(c.echo({})), await codeOf(c.echo({})), await codeOf(c.echo({}))]).toEqual([
        'OK',
        'OK',
        'RESOURCE_EXHAUSTED',
      ])
    }
  })

  it('peerLimit knows peers by their id', async () => {
    const limit = peerLimit({ concurrency: { max: 1 } })
    const of = (id: string) => start({ server: [limit], serve: { peer: { id, attributes: {} } } })
    const [a, b] = [of('a'), of('b')]
    const stream = a.c.endless({})
    await stream.next()
    expect([await codeOf(a.c.echo({})), await codeOf(b.c.echo({}))]).toEqual(['RESOURCE_EXHAUSTED', 'OK'])
    await stream.return?.()
  })
})

it('requireAttributes looks at what the credential says', async () => {
  const server = [requireAttributes({ 'aster.role': ['ops', 'admin'] })]
  const as = (attributes: Record<string, string>) => start({ server, serve: { peer: { id: 'p', attributes } } }).c
  expect(await codeOf(as({ 'aster.role': 'ops' }).echo({}))).toBe('OK')
  expect(await codeOf(as({ 'aster.role': 'dev' }).echo({}))).toBe('PERMISSION_DENIED')
  expect(await codeOf(collect(as({}).count({})))).toBe('UNAUTHENTICATED')
})

it('logCalls writes the same call id on both sides', async () => {
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
    { side: 'client', method: 'sum', code: 'OK', peer: undefined, requests: 3, responses: undefined },
    { side: 'server', method: 'chat', code: 'OK', peer: 'consumer', requests: 1, responses: 1 },
    { side: 'client', method: 'chat', code: 'OK', peer: undefined, requests: 1, responses: 1 },
  ])
  expect(lines[0]?.['callId']).toBe(lines[1]?.['callId'])
})

it('all of them together change nothing, and leave nothing behind', async () => {
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
    concurrencyLimit({ max: 50, queue: 500 }),
    rateLimit({ perSecond: 100_000 }),
  ]
  const { c, watch } = start({
    client: [...common(), retry()],
    server: [
      ...common(),
      peerLimit({ concurrency: { max: 50 }, rate: { perSecond: 100_000 } }),
      requireAttributes(() => true),
    ],
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
  await cleanups.pop()?.()
  await expect.poll(timers).toBe(before)
  expect(lines.length).toBeGreaterThan(1_000)
})
