// The context of a handler, and the errors of handlers as consumers and the log see them.
import { JsonCodec } from '@aster/codec-json'
import { createClient, openSession } from '@aster/rpc-client'
import { defineService, type HandlerContext, implement, type Logger, StatusCode, unary } from '@aster/rpc-core'
import { epochNow } from '@aster/rpc-core/protocol'
import { type ServeOptions, serveConnection } from '@aster/rpc-server'
import { memoryPair } from '@aster/transport-memory'
import { afterEach, describe, expect, it } from 'vitest'
import { Item } from '@aster/test-services'

const codec = new JsonCodec()
const methods = { sayHello: unary(Item, Item, { wireName: 'hello' }) }
const Shared = defineService({ name: 'Shared', methods })
const InSession = defineService({ name: 'InSession', scope: 'session', methods })

const cleanups: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup()
})

/** Serves the service with `handler`. Records the contexts of the handler and the lines of the log. */
function serve(handler: () => Item, options: Partial<ServeOptions> = {}) {
  const contexts: HandlerContext[] = []
  const logged: Record<string, unknown>[] = []
  const handlers = {
    sayHello(_item: Item, context: HandlerContext): Item {
      contexts.push(context)
      return handler()
    },
  }
  const logger: Logger = {
    debug: () => {},
    info: () => {},
    warn: () => {},
    error: (fields) => void logged.push({ ...fields }),
  }
  const [connection, producer] = memoryPair()
  const services = [implement(Shared, handlers), implement(InSession, () => handlers)]
  const served = serveConnection(producer, { services, codecs: [codec], logger, ...options })
  cleanups.push(async () => {
    connection.close()
    await served.done
  })
  return { contexts, logged, connection, calls: createClient(Shared, { connection, codec }) }
}

const item = (): Item => ({ text: '', count: 0 })

it('the context of a handler has the peer, the method, the deadline and the metadata', async () => {
  const peer = { id: 'ab'.repeat(32), attributes: { 'aster.role': 'ops' } }
  const { contexts, calls, connection } = serve(item, { peer })
  await using session = await openSession(InSession, { connection, codec })
  const before = Math.floor(epochNow())
  const options = { timeoutMs: 60_000, metadata: { a: '1' } }
  await calls.sayHello({}, options)
  await session.sayHello({}, options)
  expect(contexts).toMatchObject([
    { service: 'Shared', method: 'hello', peer, metadata: { a: '1' }, callId: expect.stringMatching(/./) },
    { service: 'InSession', method: 'hello', peer, metadata: { a: '1' }, callId: expect.stringMatching(/./) },
  ])
  for (const { deadline, signal } of contexts) {
    expect(deadline).toBeGreaterThanOrEqual(before + 60_000)
    expect(signal.aborted).toBe(false)
  }
  expect(new Set(contexts.map(({ callId }) => callId)).size).toBe(2)
})

describe.each<[string, unknown, string]>([
  ['an Error', new Error('the secret'), 'the secret'],
  ['a string', 'the secret', 'the secret'],
  ['an object that cannot become a string', Object.create(null), 'a thrown object'],
  [
    'an Error whose message is not a string',
    Object.assign(new Error('x'), { message: Object.create(null) }),
    'a thrown object',
  ],
])('%s that a handler throws', (_what, thrown, text) => {
  const fail = (): never => {
    throw thrown
  }

  it('is UNKNOWN without its text, and in the log with the call’s id', async () => {
    const { contexts, logged, calls, connection } = serve(fail)
    await using session = await openSession(InSession, { connection, codec })
    for (const [own, name] of [
      [calls, 'Shared.hello'],
      [session, 'InSession.hello'],
    ] as const) {
      const error: unknown = await own.sayHello({}).catch((error: unknown) => error)
      const { callId, peer } = contexts.at(-1) as HandlerContext
      expect(error).toMatchObject({ code: StatusCode.UNKNOWN, message: `the handler failed (call ${callId})` })
      expect(logged.at(-1)).toEqual({ err: thrown, call: name, callId, peer: peer.id })
    }
  })

  it('comes with its text if exposeErrors is set', async () => {
    const { calls } = serve(fail, { exposeErrors: true })
    await expect(calls.sayHello({})).rejects.toMatchObject({ code: StatusCode.UNKNOWN, message: text })
  })
})
