// A caller's async store is released when the call ends, and work that a client does for all calls runs without any store.
import { AsyncLocalStorage } from 'node:async_hooks'
import { JsonCodec } from '@aster/codec-json'
import { type Client, type ClientOptions, createClient, openSession } from '@aster/rpc-client'
import type { CallOptions, Connection } from '@aster/rpc-core'
import { serveConnection } from '@aster/rpc-server'
import { collect, failure, Held, HeldSession, Hold, untilQuiet } from '@aster/test-services'
import { memoryPair } from '@aster/transport-memory'
import { describe, expect, it } from 'vitest'
import { collectGarbage } from './collect-garbage.ts'

type Calls = Client<typeof Held>

const codec = new JsonCodec()
const storage = new AsyncLocalStorage<object>()

/** Runs `caller` with a store of its own. Returns a weak reference to that store. */
async function withStore(caller: () => Promise<unknown>): Promise<WeakRef<object>> {
  const store = {}
  await storage.run(store, caller)
  return new WeakRef(store)
}

async function expectGone(store: WeakRef<object>): Promise<void> {
  for (let i = 0; i < 5 && store.deref() !== undefined; i++) await collectGarbage()
  expect(store.deref()).toBeUndefined()
}

/** Calls that end by themselves when the hold is released. */
const patterns: Record<string, (calls: Calls, options?: CallOptions) => Promise<unknown>> = {
  unary: (calls, options) => calls.unary({}, options),
  'server stream': (calls, options) => collect(calls.server({}, options)),
  'client stream': (calls, options) => calls.client([{}, {}], options),
  async 'bidi stream'(calls, options) {
    await using channel = calls.bidi(options)
    await channel.send({})
    channel.finish()
    await channel.recv()
    await channel.recv()
  },
}

/** A producer whose handlers wait, and a client that outlives all calls of a test. */
async function worldOf(scope: string, given: Partial<ClientOptions> = {}) {
  const hold = new Hold()
  const [connection, producer] = memoryPair()
  serveConnection(producer, { services: hold.services, codecs: [codec] })
  const options = { connection, codec, ...given }
  const calls: Calls = scope === 'session' ? await openSession(HeldSession, options) : createClient(Held, options)
  return { hold, connection, calls }
}

describe.each(['shared service', 'session'])('of a %s', (scope) => {
  describe.each(Object.entries(patterns))('the store of a %s', (_pattern, call) => {
    it('is gone when the call has ended', async () => {
      const { hold, calls } = await worldOf(scope)
      hold.go()
      const stores: WeakRef<object>[] = []
      for (const options of [{}, { timeoutMs: 600_000 }, { signal: new AbortController().signal }])
        stores.push(await withStore(() => call(calls, options)))
      for (const store of stores) await expectGone(store)
      await calls.ping({})
    })

    it('is gone when the call was cancelled, even if its handler continues', async () => {
      const { hold, calls } = await worldOf(scope)
      const controller = new AbortController()
      const cancelled = async (): Promise<unknown> => {
        const failed = failure(call(calls, { signal: controller.signal }))
        await hold.saw('started')
        controller.abort()
        return failed
      }
      await expectGone(await withStore(cancelled))
    })

    it('is gone when the call was cancelled before it had its turn, or a connection', async () => {
      const waiting = new Promise<Connection>(() => {})
      const { hold, calls: held } = await worldOf(scope)
      const calls = scope === 'session' ? held : createClient(Held, { connection: () => waiting, codec })
      if (scope === 'session') {
        held.unary({}).catch(() => {})
        await hold.saw('started')
      }
      const controller = new AbortController()
      const cancelled = async (): Promise<unknown> => {
        const failed = failure(call(calls, { signal: controller.signal }))
        await untilQuiet()
        controller.abort()
        return failed
      }
      await expectGone(await withStore(cancelled))
      expect(waiting).toBeInstanceOf(Promise)
      hold.go()
    })
  })

  it('the store of a call is seen by its interceptors and its source of connections', async () => {
    const seen: unknown[] = []
    const [connection, producer] = memoryPair()
    serveConnection(producer, { services: new Hold().services, codecs: [codec] })
    const note = (): void => void seen.push(storage.getStore())
    const options: ClientOptions = {
      codec,
      connection() {
        note()
        return connection
      },
      interceptors: [
        async (call, next) => {
          note()
          const response = await next(call)
          note()
          return response
        },
      ],
    }
    const opener = {}
    const calls: Calls =
      scope === 'session'
        ? await storage.run(opener, () => openSession(HeldSession, options))
        : createClient(Held, options)
    const store = {}
    await storage.run(store, () => calls.ping({}))
    expect(seen).toEqual(scope === 'session' ? [opener, store, store] : [store, store, store])
    expect(seen.every((one, index) => one === (scope === 'session' && index === 0 ? opener : store))).toBe(true)
  })
})

it('the store of the code that opened a session is gone while the session is open', async () => {
  const hold = new Hold()
  hold.go()
  const [connection, producer] = memoryPair()
  serveConnection(producer, { services: hold.services, codecs: [codec] })
  let session: (Calls & AsyncDisposable) | undefined
  const opened = await withStore(async () => {
    session = await openSession(HeldSession, { connection, codec })
    await session.ping({})
  })
  await expectGone(opened)
  await session?.ping({})
  await session?.[Symbol.asyncDispose]()
})
