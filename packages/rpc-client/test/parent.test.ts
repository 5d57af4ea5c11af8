// A call that a handler makes has the time that the handler's own call has left, and ends with it. Over memory.
import { ForyCodec } from '@aster/codec-fory'
import { createClient, openSession } from '@aster/rpc-client'
import { defineService, type HandlerContext, implement, type RpcError, StatusCode, unary } from '@aster/rpc-core'
import { epochNow } from '@aster/rpc-core/protocol'
import { serveConnection } from '@aster/rpc-server'
import { memoryPair } from '@aster/transport-memory'
import { getEventListeners } from 'node:events'
import { beforeEach, describe, expect, it } from 'vitest'
import {
  CounterService,
  counterService,
  EchoService,
  echoService,
  failure,
  Item,
  meetDeadline,
  Watch,
} from '@aster/test-services'

const Relay = defineService({ name: 'Relay', methods: { go: unary(Item, Item) } })
const codec = new ForyCodec()

let watch: Watch
/** The deadlines of the calls that reached the backend. */
let deadlines: (number | undefined)[]
let backend: ReturnType<typeof createClient<typeof EchoService>>
let openCounter: () => ReturnType<typeof openSession<typeof CounterService>>
beforeEach(() => {
  watch = new Watch()
  deadlines = []
  const [connection, peer] = memoryPair()
  serveConnection(peer, {
    services: [echoService(watch), counterService(watch)],
    codecs: [codec],
    interceptors: [async (call, next) => (deadlines.push(call.deadline), next(call))],
  })
  backend = createClient(EchoService, { connection, codec })
  openCounter = () => openSession(CounterService, { connection, codec })
})

/** Serves a service in the middle, with this handler. */
function relay(handler: (context: HandlerContext) => Promise<unknown>) {
  const [connection, peer] = memoryPair()
  const go = async (item: Item, context: HandlerContext): Promise<Item> => {
    await handler(context)
    return item
  }
  serveConnection(peer, { services: [implement(Relay, { go })], codecs: [codec] })
  return createClient(Relay, { connection, codec })
}

describe('a call with a parent', () => {
  it('has the deadline of its parent', async () => {
    const parents: (number | undefined)[] = []
    const middle = relay(async (context) => {
      parents.push(context.deadline)
      await backend.echo({}, { parent: context })
      await backend.echo({}, { parent: context, timeoutMs: 600_000 })
    })
    await middle.go({}, { timeoutMs: 60_000 })
    expect(parents).toHaveLength(1)
    expect(deadlines).toEqual([parents[0], parents[0]])
  })

  it('has its own deadline if that is earlier', async () => {
    const middle = relay((context) => backend.echo({}, { parent: context, timeoutMs: 30_000 }))
    await middle.go({}, { timeoutMs: 60_000 })
    expect(deadlines[0]).toBeLessThanOrEqual(Math.ceil(epochNow()) + 30_000)
  })

  it('has no deadline, or its own, if its parent has none', async () => {
    const { signal } = new AbortController()
    await backend.echo({}, { parent: { deadline: undefined, signal } })
    expect(deadlines).toEqual([undefined])
    await backend.echo({}, { parent: { deadline: undefined, signal }, timeoutMs: 60_000 })
    expect(deadlines[1]).toBeGreaterThan(Date.now() + 50_000)
  })

  it('ends with its parent: the caller’s cancel comes through to the last handler', async () => {
    let seen: RpcError | undefined
    const middle = relay(async (context) => {
      seen = await failure(backend.wait({}, { parent: context }))
      watch.note('middle ended')
    })
    const controller = new AbortController()
    const call = failure(middle.go({}, { signal: controller.signal }))
    await watch.saw('wait started')
    controller.abort()
    expect(await call).toMatchObject({ code: StatusCode.CANCELLED })
    await watch.saw('wait aborted: CANCELLED')
    await watch.saw('middle ended')
    expect(seen).toMatchObject({ code: StatusCode.CANCELLED })
  })

  it('ends at its parent’s deadline', async () => {
    const { signal } = new AbortController()
    const wait = (ms: number): Promise<unknown> =>
      backend.wait({}, { parent: { deadline: epochNow() + ms, signal }, timeoutMs: 60_000 })
    const hasStarted = (): boolean => watch.count('wait started') > 0
    expect(await meetDeadline(wait, hasStarted)).toMatchObject({ code: StatusCode.DEADLINE_EXCEEDED })
    await watch.saw('wait ended')
  })

  it('ends with its own signal too', async () => {
    const parent = new AbortController()
    const own = new AbortController()
    const options = { parent: { deadline: undefined, signal: parent.signal }, signal: own.signal }
    const call = failure(backend.wait({}, options))
    await watch.saw('wait started')
    own.abort()
    expect(await call).toMatchObject({ code: StatusCode.CANCELLED })
  })

  it.each([
    [
      'a stream',
      async (parent: HandlerContext) => {
        for await (const _ of backend.endless({}, { parent })) watch.note('running')
      },
      'endless ended',
    ],
    [
      'a bidi call',
      async (parent: HandlerContext) => {
        const chat = backend.chat({ parent })
        await chat.send({ text: 'a' })
        await chat.recv()
        watch.note('running')
        await chat.recv()
      },
      'chat aborted',
    ],
    [
      'a call of a session',
      async (parent: HandlerContext) => {
        const session = await openCounter()
        const call = session.wait({}, { parent })
        await watch.saw('wait started')
        watch.note('running')
        await call
      },
      'wait aborted: CANCELLED',
    ],
  ])('may be %s', async (_what, run, end) => {
    let seen: Promise<RpcError> | undefined
    const middle = relay((context) => (seen = failure(run(context))))
    const controller = new AbortController()
    const call = failure(middle.go({}, { signal: controller.signal }))
    await watch.saw('running')
    controller.abort()
    await call
    expect(await seen).toMatchObject({ code: StatusCode.CANCELLED })
    await watch.saw(end)
  })

  it('sends nothing if its parent has ended', async () => {
    const signal = AbortSignal.abort(new Error('over'))
    expect(await failure(backend.echo({}, { parent: { deadline: undefined, signal } }))).toMatchObject({
      code: StatusCode.CANCELLED,
      message: expect.stringContaining('over'),
    })
    expect(deadlines).toEqual([])
  })

  it('leaves no listener with its parent', async () => {
    const { signal } = new AbortController()
    const parent = { deadline: Date.now() + 60_000, signal }
    for (let i = 0; i < 20; i++) await backend.echo({}, { parent })
    for await (const _ of backend.endless({}, { parent })) break
    await failure(backend.fail({ text: 'no', count: StatusCode.ABORTED }, { parent }))
    expect(getEventListeners(signal, 'abort')).toHaveLength(0)
  })

  it.each([[null], [{}], [{ signal: {}, deadline: 5 }], [{ signal: new AbortController().signal, deadline: 'soon' }]])(
    'refuses %j as a parent',
    async (parent) => {
      expect(await failure(backend.echo({}, { parent: parent as never }))).toMatchObject({
        code: StatusCode.INVALID_ARGUMENT,
        message: expect.stringContaining('parent: expected the context of a handler'),
      })
    },
  )
})
