// The async context of handlers. test/process.test.ts shows that no store is retained.
import { AsyncLocalStorage } from 'node:async_hooks'
import { requestAdmission } from '@aster/admission'
import { JsonCodec } from '@aster/codec-json'
import { AsterConfig } from '@aster/config'
import { createClient, openSession } from '@aster/rpc-client'
import { bidiStream, clientStream, defineService, implement, serverStream, t, unary } from '@aster/rpc-core'
import { afterEach, expect, it } from 'vitest'
import { QueueTransport } from '../test/queue-transport.ts'
import { AsterServer } from './aster-server.ts'
import type { AsterServerOptions } from './options.ts'

const storage = new AsyncLocalStorage<object>()
const Item = t.struct('server/Item', { text: t.string })
const methods = {
  say: unary(Item, Item),
  watch: serverStream(Item, Item),
  upload: clientStream(Item, Item),
  chat: bidiStream(Item, Item),
}
const Shared = defineService({ name: 'Shared', methods })
const Counter = defineService({ name: 'Counter', scope: 'session', methods: { say: methods.say } })

/** The stores that handlers, interceptors, loggers and audits have seen. */
const seen: unknown[] = []
const see = (): void => void seen.push(storage.getStore())
const item = { text: '' }
const services = [
  implement(Shared, {
    say: () => (see(), item),
    async *watch() {
      see()
      yield item
      await new Promise((resolve) => setImmediate(resolve))
      see()
    },
    async upload(items) {
      for await (const _ of items) see()
      return item
    },
    async *chat(items) {
      for await (const one of items) {
        see()
        yield one
      }
    },
  }),
  implement(Counter, () => (see(), { say: () => (see(), item), [Symbol.dispose]: see })),
]

const open: { close(): Promise<unknown> }[] = []
afterEach(async () => {
  seen.length = 0
  for (const one of open.splice(0).toReversed()) await one.close()
})

function serverOf(options: Partial<AsterServerOptions> = {}): AsterServer {
  const config = AsterConfig.from({ relayMode: 'disabled', bindAddr: '127.0.0.1:0' })
  const server = new AsterServer({ services, config, allowAllConsumers: true, health: true, ...options })
  open.push(server)
  return server
}

it('shows the store of start() to no handler, interceptor and logger', async () => {
  const transport = new QueueTransport()
  const logger = { debug: see, info: see, warn: see, error: see }
  const interceptors: AsterServerOptions['interceptors'] = [
    (call, next) => {
      see()
      return next(call)
    },
  ]
  await storage.run({ of: 'start' }, () => serverOf({ transport, logger, interceptors }).start())
  await requestAdmission(transport.dialAdmission())
  const options = { connection: transport.dial(), codec: new JsonCodec() }
  const shared = createClient(Shared, options)
  async function* items() {
    yield* [item, item]
  }
  await shared.say(item)
  for await (const _ of shared.watch(item)) continue
  await shared.upload(items())
  const chat = shared.chat()
  await chat.send(item)
  chat.finish()
  for await (const _ of chat) continue
  const session = await openSession(Counter, options)
  await session.say(item)
  await session.close()
  expect(seen.length).toBeGreaterThan(10)
  expect(new Set(seen)).toEqual(new Set([undefined]))
})
