// Calls of a shared service that the caller ends early: the caller's error, and the state of the handlers as Python counts them.
import { type CallOptions, type Client, StatusCode } from '@aster/client'
import { collect } from '@aster/test-services'
import { beforeEach, describe, expect, it } from 'vitest'
import { Interop } from './services.ts'
import {
  codecFor,
  countsSince,
  failure,
  type HandlerCounts,
  modes,
  numbered,
  unfinished,
  withProducer,
} from './with-python.ts'

const python = withProducer()

type Calls = Client<typeof Interop>

interface Row {
  readonly pattern: string
  readonly moment: string
  /** The producer's name for the handler. */
  readonly handler: string
  /** The counts of the handler when the call is cancelled. */
  readonly reached?: Partial<HandlerCounts>
  /** The counts of the handler in the end. */
  readonly after: Partial<HandlerCounts>
  /** Starts the call. Resolves when the call has reached its moment, with a promise of its end. */
  start(calls: Calls, options: CallOptions): Promise<{ readonly end: Promise<unknown> }>
}

async function bidi(calls: Calls, options: CallOptions, responses: number, complete: boolean) {
  const chat = calls.chat(options)
  for (let count = 0; count < responses; count++) {
    await chat.send({ text: 'a', count })
    expect(await chat.recv()).toEqual({ text: 'echo a', count: count + 1 })
  }
  if (complete) {
    await chat.send({ text: 'sleep', count: 500 })
    chat.finish()
  }
  return { end: chat.recv() }
}

const runsToItsEnd = { reached: { started: 1 }, after: { started: 1, ended: 1 } }
const isCancelled = { reached: { started: 1 }, after: { started: 1, cancelled: 1 } }
/** Over `@aster/iroh-native` Python learns at once that its answers are not read, over `@number0/iroh` when it writes the next one. */
const endsEither = {
  reached: { started: 1 },
  after: expect.toBeOneOf([runsToItsEnd.after, isCancelled.after]) as object,
}

const rows: readonly Row[] = [
  {
    pattern: 'unary',
    moment: 'while the handler runs: it runs to its end',
    handler: 'Interop.sleep',
    ...runsToItsEnd,
    start: async (calls, options) => ({ end: calls.sleep({ count: 500 }, options) }),
  },
  {
    pattern: 'server stream',
    moment: 'after the request: the handler ends at its next item',
    handler: 'Interop.tick',
    ...isCancelled,
    // The first item comes at once, the next one after the end of the call.
    start: async (calls, options) => ({ end: collect(calls.tick({ count: 500 }, options)) }),
  },
  {
    pattern: 'server stream',
    moment: 'after 3 responses: the handler ends at its next item',
    handler: 'Interop.tick',
    ...isCancelled,
    async start(calls, options) {
      const ticks = calls.tick({ count: 20 }, options)
      for (let count = 0; count < 3; count++) expect((await ticks.next()).value).toEqual({ text: 'tick', count })
      return { end: collect(ticks) }
    },
  },
  {
    pattern: 'client stream',
    moment: 'before the requests are complete: the handler is never called',
    handler: 'Interop.add_up',
    after: {},
    start: async (calls, options) => ({ end: calls.addUp(unfinished(3), options) }),
  },
  {
    pattern: 'client stream',
    moment: 'while the handler runs: it runs to its end',
    handler: 'Interop.add_slowly',
    ...runsToItsEnd,
    start: async (calls, options) => ({ end: calls.addSlowly([{ count: 250 }, { count: 250 }], options) }),
  },
  {
    pattern: 'bidi',
    moment: 'before a request: the requests end for the handler',
    handler: 'Interop.chat',
    ...runsToItsEnd,
    start: (calls, options) => bidi(calls, options, 0, false),
  },
  {
    pattern: 'bidi',
    moment: 'after 2 responses: the requests end for the handler',
    handler: 'Interop.chat',
    ...runsToItsEnd,
    start: (calls, options) => bidi(calls, options, 2, false),
  },
  {
    pattern: 'bidi',
    moment: 'after 1 response, with the requests complete',
    handler: 'Interop.chat',
    ...endsEither,
    start: (calls, options) => bidi(calls, options, 1, true),
  },
]

describe.each(modes)('a call to Python in %s that is cancelled', (mode) => {
  let calls: Calls
  const next = async (): Promise<void> => {
    expect(await calls.say({ text: 'next' }, { timeoutMs: 10_000 })).toEqual({ text: 'hello next', count: 0 })
  }
  beforeEach(async () => {
    calls = await python.client.client(Interop, { codec: codecFor(mode) })
  })

  it.each(rows.map((row) => [row.pattern, row.moment, row] as const))('%s, %s', async (_pattern, _moment, row) => {
    const counts = await countsSince(calls, row.handler)
    const controller = new AbortController()
    const { end } = await row.start(calls, { signal: controller.signal })
    const failed = failure(end)
    await expect.poll(counts).toEqual(row.reached ?? {})
    controller.abort(new Error('changed my mind'))
    expect(await failed).toMatchObject({
      code: StatusCode.CANCELLED,
      message: expect.stringContaining('changed my mind'),
    })
    await next()
    await expect.poll(counts).toEqual(row.after)
  })

  it('before anything is sent, calls no handler', async () => {
    const signal = AbortSignal.abort()
    const ended = [
      ['Interop.sleep', () => calls.sleep({}, { signal })],
      ['Interop.tick', () => collect(calls.tick({}, { signal }))],
      ['Interop.add_up', () => calls.addUp([{}], { signal })],
      ['Interop.chat', () => calls.chat({ signal }).recv()],
    ] as const
    for (const [handler, call] of ended) {
      const counts = await countsSince(calls, handler)
      expect(await failure(call())).toMatchObject({ code: StatusCode.CANCELLED })
      await next()
      expect(await counts()).toEqual({})
    }
  })

  it('by leaving the loop, ends its handler', async () => {
    const ticking = await countsSince(calls, 'Interop.tick')
    for await (const { count } of calls.tick({ count: 5 })) if (count === 3) break
    await expect.poll(ticking).toEqual({ started: 1, cancelled: 1 })
    const chatting = await countsSince(calls, 'Interop.chat')
    const chat = calls.chat()
    await chat.send({ text: 'a' })
    for await (const { text } of chat) if (text === 'echo a') break
    expect(await failure(chat.recv())).toMatchObject({ code: StatusCode.CANCELLED })
    await expect.poll(chatting).toEqual({ started: 1, ended: 1 })
    await next()
  })

  it('by leaving the scope of a channel, ends its handler', async () => {
    const counts = await countsSince(calls, 'Interop.chat')
    {
      await using chat = calls.chat()
      await chat.send({ text: 'a' })
      await chat.recv()
    }
    await next()
    await expect.poll(counts).toEqual({ started: 1, ended: 1 })
  })

  it('a client stream, the moment that its requests are complete: the handler has all of them or none', async () => {
    const counts = await countsSince(calls, 'Interop.add_up')
    for (const count of [0, 1, 2, 5, 10, 50, 200, 1000]) {
      const controller = new AbortController()
      async function* source() {
        yield* numbered('', count)
        // The handler fails if it receives this request, and ends otherwise.
        yield { text: 'fail' }
        setImmediate(() => controller.abort())
      }
      expect(await failure(calls.addUp(source(), { signal: controller.signal }))).toMatchObject({
        code: expect.toBeOneOf([StatusCode.CANCELLED, StatusCode.ABORTED]),
      })
    }
    await expect.poll(async () => (await counts()).failed).toBe(8)
    expect(await counts()).toEqual({ started: 8, failed: 8 })
  })

  it.each([
    ['unary', (options) => calls.sleep({ count: 1 }, options)],
    ['server stream', (options) => collect(calls.tick({ count: 1 }, options))],
    ['client stream', (options) => calls.addUp(unfinished(3), options)],
    ['bidi', (options) => bidi(calls, options, 1, false).then(({ end }) => end)],
  ] satisfies [string, (options: CallOptions) => Promise<unknown>][])(
    '250 times on one connection frees every stream: %s',
    async (_pattern, call) => {
      for (let n = 0; n < 250; n++) {
        const controller = new AbortController()
        const ended = call({ signal: controller.signal }).catch((error: unknown) => error)
        // One round trip, during which the call is under way.
        await calls.say({}, { timeoutMs: 10_000 })
        controller.abort()
        await ended
      }
      await Promise.all(Array.from({ length: 100 }, next))
    },
  )
})
