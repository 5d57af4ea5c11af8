// Deadlines of calls to Python, which checks them late and by its own clock. The caller's deadline ends the call by the caller's clock.
import { AsterClient, type CallOptions, type Client, type Interceptor, type Session, StatusCode } from '@aster/client'
import { AsterServer, defineService, type HandlerContext, implement, unary } from '@aster/server'
import { collect } from '@aster/test-services'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Answer, Ask, Counter, Edges, Interop } from './services.ts'
import {
  codecFor,
  config,
  countsSince,
  failure,
  type HandlerCounts,
  modes,
  unfinished,
  withProducer,
} from './with-python.ts'

const python = withProducer(['--edges'])

interface Row {
  readonly name: string
  readonly handler: string
  /** Whether the producer checks the deadline later than the caller. */
  readonly late?: true
  readonly after: Partial<HandlerCounts>
  readonly run: (options: CallOptions) => Promise<unknown>
}

async function chatOnce(chat: ReturnType<Client<typeof Interop>['chat']>, count: number, finish: boolean) {
  await chat.send({ text: 'sleep', count })
  if (finish) chat.finish()
  return chat.recv()
}

describe.each(modes)('a deadline of a call to Python in %s', (mode) => {
  const codec = codecFor(mode)
  let interop: Client<typeof Interop>
  let counter: Session<typeof Counter>
  let edges: Session<typeof Edges>
  beforeAll(async () => {
    interop = await python.client.client(Interop, { codec })
    counter = await python.client.session(Counter, { codec })
    edges = await python.client.session(Edges, { codec })
  })
  afterAll(async () => {
    await counter.close()
    await edges.close()
  })

  const shared: readonly Row[] = [
    {
      name: 'unary, whose handler is cancelled',
      handler: 'Interop.sleep',
      after: { started: 1, cancelled: 1 },
      run: (options) => interop.sleep({ count: 20_000 }, options),
    },
    {
      name: 'server stream, whose handler is cancelled when it yields next',
      handler: 'Interop.tick',
      late: true,
      after: { started: 1, cancelled: 1 },
      run: (options) => collect(interop.tick({ count: 900 }, options)),
    },
    {
      name: 'client stream that is not complete, whose handler is never called',
      handler: 'Interop.add_up',
      after: {},
      run: (options) => interop.addUp(unfinished(1), options),
    },
    {
      name: 'client stream, whose handler is cancelled',
      handler: 'Interop.add_slowly',
      after: { started: 1, cancelled: 1 },
      run: (options) => interop.addSlowly([{ count: 20_000 }], options),
    },
    {
      name: 'bidi, while the handler is at a request',
      handler: 'Interop.chat',
      late: true,
      after: { started: 1, cancelled: 1 },
      run: (options) => chatOnce(interop.chat(options), 900, false),
    },
    {
      name: 'bidi with complete requests, while the handler is at the last',
      handler: 'Interop.chat',
      late: true,
      after: { started: 1, cancelled: 1 },
      run: (options) => chatOnce(interop.chat(options), 900, true),
    },
  ]
  const inSession: readonly Row[] = [
    {
      name: 'unary, whose handler is cancelled',
      handler: 'Counter.sleep',
      after: { started: 1, cancelled: 1 },
      run: (options) => counter.sleep({ count: 20_000 }, options),
    },
    {
      name: 'server stream, whose handler is cancelled when it yields next',
      handler: 'Counter.tick',
      late: true,
      after: { started: 1, cancelled: 1 },
      run: (options) => collect(counter.tick({ count: 900 }, options)),
    },
    {
      name: 'client stream that is not complete, whose handler is never called',
      handler: 'Counter.add_all',
      after: {},
      run: (options) => counter.addAll(unfinished(1), options),
    },
    {
      name: 'client stream, whose handler is cancelled',
      handler: 'Edges.add_slowly',
      after: { started: 1, cancelled: 1 },
      run: (options) => edges.addSlowly([{ count: 20_000 }], options),
    },
    {
      name: 'bidi, while the handler is at a request',
      handler: 'Counter.chat',
      late: true,
      after: { started: 1, cancelled: 1 },
      run: (options) => chatOnce(counter.chat(options), 900, false),
    },
  ]

  describe.each([
    ['of a shared service', shared],
    ['of a session', inSession],
  ] as const)('%s', (_kind, rows) => {
    it.each(rows.map((row) => [row.name, row] as const))('%s', async (_name, { handler, run, late, after }) => {
      const counts = await countsSince(interop, handler)
      expect(await failure(run({ timeoutMs: 200 }))).toMatchObject({ code: StatusCode.DEADLINE_EXCEEDED })
      if (late) expect(await counts()).not.toHaveProperty('cancelled')
      await expect.poll(counts).toEqual(after)
      expect(await interop.say({ text: 'next' })).toEqual({ text: 'hello next', count: 0 })
      expect(await counter.context({})).toMatchObject({ count: 0 })
      expect(await edges.add({ count: 0 })).toMatchObject({ count: 0 })
    })

    it('that has passed fails the call before anything is sent', async () => {
      for (const { handler, run } of rows) {
        const counts = await countsSince(interop, handler)
        for (const timeoutMs of [0, -1, -60_000])
          expect(await failure(run({ timeoutMs }))).toMatchObject({ code: StatusCode.DEADLINE_EXCEEDED })
        await interop.say({})
        await counter.context({})
        expect(await counts()).toEqual({})
      }
    })
  })

  it('ends a bidi call that goes on sending, although Python takes a late request for the end and answers OK', async () => {
    const talk = async (chat: ReturnType<typeof interop.chat>): Promise<never> => {
      for (;;) {
        await chat.send({ text: 'a' })
        if ((await chat.recv()) === undefined) return expect.unreachable('the producer’s OK got through')
      }
    }
    const times = Array.from({ length: 30 }, (_, i) => ({ timeoutMs: 100 + 7 * i }))
    const shared = times.map((options) => talk(interop.chat(options)))
    const sessions = times.slice(0, 10).map(async (options) => {
      await using session = await python.client.session(Counter, { codec })
      return await talk(session.chat(options))
    })
    for (const error of await Promise.all([...shared, ...sessions].map(failure)))
      expect(error).toMatchObject({ code: StatusCode.DEADLINE_EXCEEDED })
  })

  it('reaches the handler', async () => {
    for (const calls of [interop, counter]) {
      const context = async (options?: CallOptions) =>
        JSON.parse((await calls.context({}, options)).text) as { deadline_left_ms: number | null }
      expect(await context()).toMatchObject({ deadline_left_ms: null })
      const { deadline_left_ms: left } = await context({ timeoutMs: 60_000 })
      expect(left).toBeGreaterThan(0)
      expect(left).toBeLessThanOrEqual(60_000)
    }
  })

  it('that the producer finds passed by a clock that is ahead is reported by the producer', async () => {
    const hurry: Interceptor = (call, next) => {
      call.deadline = Date.now() + 100
      return next(call)
    }
    const hurried = await python.client.client(Interop, { codec, interceptors: [hurry] })
    expect(await failure(hurried.sleep({ count: 20_000 }))).toMatchObject({ code: StatusCode.DEADLINE_EXCEEDED })
    expect(await failure(collect(hurried.tick({ count: 50 })))).toMatchObject({ code: StatusCode.DEADLINE_EXCEEDED })
    const chat = hurried.chat()
    await chat.send({ text: 'sleep', count: 150 })
    expect(await failure(chat.recv())).toMatchObject({ code: StatusCode.DEADLINE_EXCEEDED })
    expect(await failure(chat.send({}))).toMatchObject({ code: StatusCode.DEADLINE_EXCEEDED })
  })

  it('is passed on by a handler of ours that calls Python with its context as the parent', async () => {
    const Relay = defineService({ name: 'Relay', methods: { context: unary(Ask, Answer), tick: unary(Ask, Answer) } })
    const relay = implement(Relay, {
      context: (_ask: object, parent: HandlerContext) => interop.context({}, { parent }),
      async tick(_ask: object, parent: HandlerContext) {
        await collect(interop.tick({ count: 20 }, { parent }))
        return {}
      },
    })
    await using server = new AsterServer({ config, services: [relay], allowAllConsumers: true })
    await server.start()
    await using middle = await AsterClient.connect({ config, endpointAddr: server.address })
    const calls = await middle.client(Relay)
    const left = async (options?: CallOptions) =>
      (JSON.parse((await calls.context({}, options)).text) as { deadline_left_ms: number | null }).deadline_left_ms
    expect(await left({ timeoutMs: 60_000 })).toBeLessThanOrEqual(60_000)
    expect(await left({ timeoutMs: 60_000 })).toBeGreaterThan(0)
    const counts = await countsSince(interop, 'Interop.tick')
    expect(await failure(calls.tick({}, { timeoutMs: 400 }))).toMatchObject({ code: StatusCode.DEADLINE_EXCEEDED })
    await expect.poll(counts).toEqual({ started: 1, cancelled: 1 })
    const controller = new AbortController()
    const failed = failure(calls.tick({}, { signal: controller.signal }))
    await expect.poll(counts).toEqual({ started: 2, cancelled: 1 })
    controller.abort()
    expect(await failed).toMatchObject({ code: StatusCode.CANCELLED })
    await expect.poll(counts).toEqual({ started: 2, cancelled: 2 })
  })
})
