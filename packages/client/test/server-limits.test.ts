// The limits of AsterServer with AsterClient, over real iroh on loopback.
import type { AsterClient, Client } from '@aster/client'
import { type Interceptor, type Peer, RpcError, StatusCode } from '@aster/rpc-core'
import type { AsterServer, AsterServerOptions } from '@aster/server'
import { codeOf, collect, Held, HeldSession, Hold } from '@aster/test-services'
import { describe, expect, it } from 'vitest'
import { useLoopback } from './loopback.ts'

const loopback = useLoopback()

async function start(options: Partial<AsterServerOptions> = {}): Promise<{ hold: Hold; server: AsterServer }> {
  const hold = new Hold()
  return { hold, server: await loopback.startServer({ services: hold.services, allowAllConsumers: true, ...options }) }
}

async function connect(server: AsterServer): Promise<{ c: AsterClient; calls: Client<typeof Held> }> {
  // Each client is a consumer of its own.
  const c = await loopback.connect(server.address, { shareEndpoint: false })
  return { c, calls: await c.client(Held) }
}

const FULL = 'RESOURCE_EXHAUSTED'
const full = (message: string) => ({ code: StatusCode.RESOURCE_EXHAUSTED, message })

describe('limits of calls at a time', () => {
  it('apply on each level, and name the level', async () => {
    const methods = { unary: { maxConcurrent: 1 } }
    const limits = { maxConcurrent: 3, services: { Held: { maxConcurrent: 2, methods } } }
    const { hold, server } = await start({ limits })
    const { c, calls } = await connect(server)
    await using session = await c.session(HeldSession)
    const first = calls.unary({})
    await hold.saw('started')
    await expect(calls.unary({})).rejects.toMatchObject(full('Held.unary: 1 calls are in flight'))
    const second = calls.server({})
    await second.next()
    await expect(calls.ping({})).rejects.toMatchObject(full('service Held: 2 calls are in flight'))
    const third = session.server({})
    await third.next()
    await using other = await c.session(HeldSession)
    await expect(other.ping({})).rejects.toMatchObject(full('this server: 3 calls are in flight'))
    hold.go()
    await Promise.all([first, collect(second), collect(third)])
    // The session whose call was refused continues.
    await other.ping({})
    await calls.ping({})
  })

  it.each<[string, (scene: { calls: Client<typeof Held>; c: AsterClient; hold: Hold }) => Promise<unknown>]>([
    [
      'is cancelled',
      async ({ calls, hold }) => {
        const controller = new AbortController()
        const call = calls.unary({}, { signal: controller.signal })
        await hold.saw('started')
        controller.abort()
        expect(await codeOf(call)).toBe('CANCELLED')
      },
    ],
    [
      'meets its deadline',
      async ({ calls }) => expect(await codeOf(calls.unary({}, { timeoutMs: 100 }))).toBe('DEADLINE_EXCEEDED'),
    ],
    [
      'is a stream that is left',
      async ({ calls }) => {
        for await (const _ of calls.server({})) break
      },
    ],
    ['fails', async ({ calls }) => expect(await codeOf(calls.ping({ text: 'fail' }))).toBe('UNKNOWN')],
    [
      'is withdrawn by its source',
      async ({ calls }) => {
        const failing = (async function* () {
          yield { count: 1 }
          throw new Error('no more')
        })()
        expect(await codeOf(calls.client(failing))).toBe('CANCELLED')
      },
    ],
    [
      'is of a session that is closed',
      async ({ c, hold }) => {
        const session = await c.session(HeldSession)
        const call = codeOf(session.unary({}))
        await hold.saw('started')
        await session.close()
        expect(await call).toBe('UNAVAILABLE')
      },
    ],
    [
      'is of a consumer that is gone',
      async ({ c, calls, hold }) => {
        const call = codeOf(calls.unary({}))
        await hold.saw('started')
        await c.close()
        expect(await call).toBe('UNAVAILABLE')
      },
    ],
  ])('have a place again when a call %s', async (_how, end) => {
    const { hold, server } = await start({ limits: { maxConcurrent: 1 } })
    const [consumer, other] = [await connect(server), await connect(server)]
    await end({ ...consumer, hold })
    await expect.poll(() => codeOf(other.calls.ping({}))).toBe('OK')
  })

  it('queue calls within their deadline', async () => {
    const { hold, server } = await start({ limits: { maxConcurrent: 1, queue: 2 } })
    const { calls } = await connect(server)
    const first = calls.unary({})
    await hold.saw('started')
    expect(await codeOf(calls.ping({}, { timeoutMs: 100 }))).toBe('DEADLINE_EXCEEDED')
    const second = calls.ping({ text: 'second' })
    hold.go()
    await first
    expect(await second).toMatchObject({ text: 'second' })
  })

  it('count each consumer on its own', async () => {
    const { hold, server } = await start({ limits: { perPeer: { maxConcurrent: 1 } } })
    const [a, b] = [await connect(server), await connect(server)]
    const first = a.calls.unary({})
    await hold.saw('started')
    await expect(a.calls.ping({})).rejects.toMatchObject(full('this peer: 1 calls are in flight'))
    await b.calls.ping({})
    hold.go()
    await first
  })
})

it('limits of rates apply to shared services and sessions', async () => {
  const limits = {
    services: { Held: { perSecond: 0.001, burst: 2 }, HeldSession: { methods: { ping: { perSecond: 0.001 } } } },
  }
  const { server } = await start({ limits })
  const { c, calls } = await connect(server)
  await using session = await c.session(HeldSession)
  expect([await codeOf(calls.ping({})), await codeOf(calls.ping({})), await codeOf(calls.ping({}))]).toEqual([
    'OK',
    'OK',
    FULL,
  ])
  expect([await codeOf(session.ping({})), await codeOf(session.ping({}))]).toEqual(['OK', FULL])
})

it.each(['unary', 'server', 'client', 'bidi'] as const)(
  'a limit of time ends a call of the kind %s, in a session too',
  async (method) => {
    const methods = { [method]: { timeoutMs: 50 } }
    const { hold, server } = await start({ limits: { services: { Held: { methods }, HeldSession: { methods } } } })
    const { c, calls } = await connect(server)
    await using session = await c.session(HeldSession)
    for (const own of [calls, session as unknown as typeof calls]) {
      const run = {
        unary: () => own.unary({}),
        server: () => collect(own.server({})),
        client: () => own.client([{}]),
        async bidi() {
          await using chat = own.bidi()
          await chat.send({})
          return await collect(chat)
        },
      }
      expect(await codeOf(run[method]())).toBe('DEADLINE_EXCEEDED')
      await own.ping({})
    }
    expect(hold.count('ended')).toBe(2)
  },
)

it('limits are checked after the interceptors, which see refused calls', async () => {
  const seen: unknown[] = []
  const peers: Peer[] = []
  const log: Interceptor = async (call, next) => {
    peers.push(call.peer)
    return next(call).catch((error: unknown) => {
      seen.push(error instanceof RpcError ? error.codeName : error)
      throw error
    })
  }
  const { server } = await start({ interceptors: [log], limits: { perSecond: 0.001, burst: 1 } })
  const { calls } = await connect(server)
  await calls.ping({})
  await codeOf(calls.ping({}))
  expect(seen).toEqual([FULL])
  expect(peers).toHaveLength(2)
})

it('maxConcurrentStreams of a server bounds each connection', async () => {
  const { hold, server } = await start({ maxConcurrentStreams: 3 })
  const { calls } = await connect(server)
  const all = Array.from({ length: 10 }, () => calls.unary({}))
  const started = (): number => hold.count('started')
  await expect.poll(started).toBe(3)
  const { calls: other } = await connect(server)
  await other.ping({})
  expect(started()).toBe(3)
  hold.go()
  await Promise.all(all)
})

it('a server that shuts down ends idle sessions, and waits for running calls', async () => {
  const { hold, server } = await start()
  const { c, calls } = await connect(server)
  const idle = await c.session(HeldSession)
  await idle.ping({})
  const running = calls.unary({ count: 5 })
  await hold.saw('started')
  const closing = server.close({ graceMs: Infinity })
  await hold.saw('disposed')
  expect(await codeOf(idle.ping({}))).toBe('UNAVAILABLE')
  expect(await codeOf(calls.ping({}))).toBe('UNAVAILABLE')
  hold.go()
  expect(await running).toMatchObject({ count: 5 })
  await closing
})

it('the shutdown of a server can be shortened', async () => {
  const { hold, server } = await start()
  const { calls } = await connect(server)
  const running = codeOf(calls.unary({}))
  await hold.saw('started')
  await Promise.all([server.close({ graceMs: Infinity }), server.close()])
  expect(await running).toBe('UNAVAILABLE')
})
