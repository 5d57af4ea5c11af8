// A promise that is not awaited causes no unhandled rejection if the caller gets the error elsewhere, or has left the call.
import { JsonCodec } from '@aster/codec-json'
import { type Client, createClient, openSession, type Session } from '@aster/rpc-client'
import { type CallOptions, type Connection, defineService, implement, RpcError, StatusCode } from '@aster/rpc-core'
import { serveConnection } from '@aster/rpc-server'
import { collect, type Item, methodsOfEachKind as methods, untilQuiet, Watch } from '@aster/test-services'
import { memoryPair } from '@aster/transport-memory'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

const Shared = defineService({ name: 'Shared', methods })
const Scoped = defineService({ name: 'Scoped', scope: 'session', methods })

type Calls = Client<typeof Shared>

interface Stage {
  readonly calls: Calls
  readonly options: CallOptions
  readonly watch: Watch
}

/** Handlers that wait, or echo their requests, until `ended` settles. */
function handlersUntil(ended: Promise<void>) {
  return {
    ping: (item: Item): Item => item,
    async unary(item: Item): Promise<Item> {
      await ended
      return item
    },
    async *server(item: Item): AsyncGenerator<Item> {
      yield item
      await ended
    },
    async client(): Promise<Item> {
      await ended
      return { text: 'done', count: 0 }
    },
    async *bidi(items: AsyncIterable<Item>): AsyncGenerator<Item> {
      const requests = items[Symbol.asyncIterator]()
      for (;;) {
        const step = await Promise.race([requests.next(), ended])
        if (step === undefined || step.done === true) return
        yield step.value
      }
    },
  }
}

const unhandled: unknown[] = []
const note = (error: unknown): void => void unhandled.push(error)
beforeEach(() => {
  unhandled.length = 0
  process.on('unhandledRejection', note)
})
afterEach(() => void process.off('unhandledRejection', note))

/** Returns requests that fail once the call is over, and whose clean-up fails. */
function failingRequests(over: Promise<void>): AsyncIterable<object> {
  let given = 0
  return {
    [Symbol.asyncIterator]: () => ({
      async next() {
        if (given++ < 2) return { done: false, value: { count: given } }
        await over
        throw new Error('the source fails late')
      },
      async return() {
        throw new Error('the clean-up of the source fails')
      },
    }),
  }
}

/** Starts a call of each pattern. Only the returned promises are awaited, which also reject with the error of the call. */
const patterns: Record<string, (stage: Stage) => Promise<unknown>> = {
  unary: ({ calls, options }) => calls.unary({}, options),
  'server stream, of which several responses are asked for': ({ calls, options }) => {
    const stream = calls.server({}, options)
    for (let i = 0; i < 3; i++) void stream.next()
    return Promise.resolve()
  },
  'server stream, read and asked further': async ({ calls, options }) => {
    const stream = calls.server({}, options)
    const first = await stream.next()
    expect(first.done).toBe(false)
    void stream.next()
  },
  'client stream whose source fails': async ({ calls, options, watch }) => {
    const over = watch.saw('over')
    await calls.client(failingRequests(over), options)
  },
  'bidi stream that sends and does not wait': async ({ calls, options }) => {
    const channel = calls.bidi(options)
    for (let i = 0; i < 50; i++) void channel.send({ count: i })
    await collect(channel)
  },
  'bidi stream that is never asked for responses': async ({ calls, options }) => {
    const channel = calls.bidi(options)
    for (let i = 0; i < 50; i++) void channel.send({ count: i })
  },
  'bidi stream that is asked for a response': async ({ calls, options }) => {
    const channel = calls.bidi(options)
    void channel.recv()
  },
  'bidi stream that sends, and then is read': async ({ calls, options, watch }) => {
    const channel = calls.bidi(options)
    void channel.send({})
    await channel.recv()
    void channel.recv()
    for (let i = 0; i < 20; i++) await channel.send({})
    await watch.saw('over')
    for (let i = 0; i < 20; i++) await channel.send({})
  },
  'bidi stream whose scope is left while sends wait': async ({ calls, options }) => {
    await using channel = calls.bidi(options)
    for (let i = 0; i < 50; i++) void channel.send({ count: i })
    void channel.recv()
    await untilQuiet()
  },
  'bidi stream that sends after its end': async ({ calls, options, watch }) => {
    const channel = calls.bidi(options)
    void channel.recv()
    await watch.saw('over')
    await untilQuiet()
    for (let i = 0; i < 3; i++) void channel.send({})
    channel.finish()
    void channel.send({})
  },
}

interface World {
  readonly client: Connection & { drop(): void }
  readonly session: Session<typeof Scoped> | undefined
  readonly controller: AbortController
  readonly endHandler: (error?: Error) => void
  readonly stop: () => void
}

const endings: Record<string, (world: World) => unknown> = {
  'the handler ends': ({ endHandler }) => endHandler(),
  'the handler fails': ({ endHandler }) => endHandler(new RpcError(StatusCode.ABORTED, 'enough')),
  'the connection is lost': ({ client }) => client.drop(),
  'the client closes it': ({ client }) => client.close(),
  'the producer closes it': ({ stop }) => stop(),
  'the caller aborts': ({ controller }) => controller.abort(new Error('enough')),
  'the caller aborts with an error of a call': ({ controller }) =>
    controller.abort(new RpcError(StatusCode.ABORTED, 'enough')),
  'the session is closed': ({ session, controller }) => {
    if (session === undefined) controller.abort()
    void session?.close()
  },
}

/** Calls whose only promise is not awaited. Unless the caller leaves such a call, its error is unhandled. */
const leavings = [
  'the client closes it',
  'the caller aborts',
  'the caller aborts with an error of a call',
  'the session is closed',
]
const single: Record<string, (stage: Stage) => unknown> = {
  unary: ({ calls, options }) => calls.unary({}, options),
  'unary call with a deadline': ({ calls, options }) => calls.unary({}, { ...options, timeoutMs: 600_000 }),
  'unary call that waits for its turn': ({ calls, options }) => [calls.unary({}, options), calls.unary({}, options)],
  'client stream': ({ calls, options }) => calls.client([{}], options),
}

interface Scene extends World {
  readonly stage: Stage
  /** Ends the remaining calls, and checks for unhandled rejections. */
  settle(): Promise<void>
}

async function sceneOf(scope: string): Promise<Scene> {
  const watch = new Watch()
  let endHandler = (_error?: Error): void => {}
  const ended = new Promise<void>((resolve, reject) => {
    endHandler = (error) => (error === undefined ? resolve() : reject(error))
  })
  ended.catch(() => {})
  const [client, producer] = memoryPair()
  const codec = new JsonCodec()
  const services = [implement(Shared, handlersUntil(ended)), implement(Scoped, () => handlersUntil(ended))]
  const served = serveConnection(producer, { services, codecs: [codec] })
  const session = scope === 'session' ? await openSession(Scoped, { connection: client, codec }) : undefined
  const calls: Calls = session ?? createClient(Shared, { connection: client, codec })
  const controller = new AbortController()
  return {
    stage: { calls, options: { signal: controller.signal }, watch },
    client,
    session,
    controller,
    endHandler,
    stop: () => void served.close({ graceMs: 0 }),
    async settle() {
      await session?.close()
      client.close()
      // Node emits unhandled rejections after the microtasks of a turn.
      await untilQuiet()
      expect(unhandled).toEqual([])
    },
  }
}

describe.each(['shared service', 'session'])('of a %s', (scope) => {
  describe.each(Object.entries(patterns))('a %s', (_pattern, run) => {
    it.each(Object.entries(endings))('leaves nothing unhandled when %s', async (_ending, end) => {
      const scene = await sceneOf(scope)
      const told = run(scene.stage).then(
        () => undefined,
        (error: unknown) => error,
      )
      await untilQuiet()
      end(scene)
      await untilQuiet()
      scene.stage.watch.note('over')
      const error = await told
      if (error !== undefined) expect(error).toBeInstanceOf(RpcError)
      await scene.settle()
    })
  })

  describe.each(Object.entries(single))('a %s that is not awaited', (_pattern, run) => {
    it.each(leavings)('leaves nothing unhandled when %s', async (name) => {
      const scene = await sceneOf(scope)
      run(scene.stage)
      await untilQuiet()
      endings[name]?.(scene)
      await untilQuiet()
      await scene.settle()
    })
  })
})

describe('the opening of a session', () => {
  it('leaves nothing unhandled when it is aborted and its connection fails later', async () => {
    const controller = new AbortController()
    let fail = (): void => {}
    const connection = new Promise<Connection>((_resolve, reject) => (fail = () => reject(new Error('no dial'))))
    const codec = new JsonCodec()
    const options = { connection: () => connection, codec, signal: controller.signal }
    const opening = openSession(Scoped, options).catch((error: unknown) => error)
    controller.abort()
    expect(await opening).toMatchObject({ code: StatusCode.CANCELLED })
    fail()
    await untilQuiet()
    expect(unhandled).toEqual([])
  })
})
