import { ForyCodec } from '@aster/codec-fory'
import { type Client, createClient, openSession } from '@aster/rpc-client'
import { type CallOptions, type Connection, RpcError, StatusCode } from '@aster/rpc-core'
import { type Item, untilQuiet } from '@aster/test-services'
import { MemoryConnection } from '@aster/transport-memory'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { GridService, gridServices, GridSession, handlerError, Scene } from './grid-service.ts'
import { type ServedPair, servePair, transports } from './served-pair.ts'

const TIMEOUT_MS = 10_000

type Calls = Client<typeof GridService>

/** A call that has reached the moment of its row, or has failed before. */
interface Started {
  /** Rejects with the error of the call. */
  readonly end: Promise<unknown>
  /** Resolves when the caller has the responses that its row expects. */
  readonly ready?: Promise<unknown>
  /** Checks the caller's side after the end of the call. */
  readonly after?: (error: unknown) => Promise<void>
}

interface Row {
  readonly pattern: 'unary' | 'server' | 'client' | 'bidi'
  readonly moment: string
  readonly scene?: Partial<Scene>
  /** Set if the request is held back: there is no connection yet, or another call of the session is running. */
  readonly held?: true
  /** How long the reset is delayed, so that it does not discard requests that are under way. */
  readonly resetAfterMs?: number
  start(calls: Calls, options: CallOptions): Started
}

/** Returns two requests, and then, unless it is complete, one that never arrives. Counts how often the source was left. */
function source(complete: boolean): AsyncIterableIterator<Item, undefined> & { left: number } {
  let given = 0
  let leave = (): void => {}
  const gone = new Promise<void>((resolve) => (leave = resolve))
  const end = { done: true as const, value: undefined }
  return {
    left: 0,
    async next() {
      if (given < 2) return { done: false, value: { text: 'request', count: given++ } }
      if (!complete) await gone
      return end
    },
    async return() {
      this.left++
      leave()
      return end
    },
    [Symbol.asyncIterator]() {
      return this
    },
  }
}

function startServer(calls: Calls, options: CallOptions, responses: number): Started {
  const stream = calls.server({}, options)
  const got = (async () => {
    for (let i = 0; i < responses; i++) expect((await stream.next()).value).toMatchObject({ count: i })
  })()
  return { ready: got, end: got.then(() => stream.next()) }
}

function startClient(calls: Calls, options: CallOptions, complete: boolean): Started {
  const requests = source(complete)
  return {
    end: calls.client(requests, options),
    // A source that has ended is not left.
    after: async () => expect(requests.left).toBe(complete ? 0 : 1),
  }
}

function startBidi(calls: Calls, options: CallOptions, responses: number, complete: boolean): Started {
  const channel = calls.bidi(options)
  const ready = (async () => {
    for (let count = 0; count < 2; count++) {
      await channel.send({ count })
      if (count < responses) expect(await channel.recv()).toMatchObject({ count })
    }
    if (complete) channel.finish()
  })()
  return {
    ready,
    end: ready.then(() => channel.recv()),
    async after(error) {
      await expect(channel.recv()).rejects.toBe(error)
      if (!complete) await expect(channel.send({})).rejects.toBe(error)
      await channel[Symbol.asyncDispose]()
    },
  }
}

const rows: readonly Row[] = [
  {
    pattern: 'unary',
    moment: 'before the request is out',
    held: true,
    start: (calls, options) => ({ end: calls.unary({}, options) }),
  },
  { pattern: 'unary', moment: 'after the request', start: (calls, options) => ({ end: calls.unary({}, options) }) },
  {
    pattern: 'server',
    moment: 'before the request is out',
    held: true,
    start: (calls, options) => startServer(calls, options, 0),
  },
  { pattern: 'server', moment: 'after the request', start: (calls, options) => startServer(calls, options, 0) },
  {
    pattern: 'server',
    moment: 'after 2 responses',
    scene: { responses: 2 },
    start: (calls, options) => startServer(calls, options, 2),
  },
  {
    pattern: 'client',
    moment: 'before the requests are complete',
    scene: { stands: 'asking' },
    start: (calls, options) => startClient(calls, options, false),
  },
  {
    pattern: 'client',
    moment: 'before the requests are complete, while the handler asks for none',
    scene: { stands: 'silent' },
    start: (calls, options) => startClient(calls, options, false),
  },
  {
    pattern: 'client',
    moment: 'after the requests',
    resetAfterMs: 1_000,
    start: (calls, options) => startClient(calls, options, true),
  },
  {
    pattern: 'bidi',
    moment: 'before the requests are complete',
    scene: { stands: 'asking' },
    start: (calls, options) => startBidi(calls, options, 0, false),
  },
  {
    pattern: 'bidi',
    moment: 'before the requests are complete, while the handler asks for none',
    scene: { stands: 'silent' },
    start: (calls, options) => startBidi(calls, options, 0, false),
  },
  { pattern: 'bidi', moment: 'after the requests', start: (calls, options) => startBidi(calls, options, 0, true) },
  {
    pattern: 'bidi',
    moment: 'after 2 responses, with the requests open',
    scene: { stands: 'asking', responses: 2 },
    start: (calls, options) => startBidi(calls, options, 2, false),
  },
  {
    pattern: 'bidi',
    moment: 'after 2 responses, with the requests complete',
    scene: { responses: 2 },
    start: (calls, options) => startBidi(calls, options, 2, true),
  },
]

const whim = new Error('changed my mind')

interface Ending {
  readonly name: string
  /** The error for the caller. */
  readonly error: object
  /** The message of the reason of the handler's signal; none if the handler ended by itself. */
  readonly aborted?: string
  /** Whether the connection, and a session on it, stays open. */
  readonly goesOn: boolean
}

const endings = {
  aborts: {
    name: 'the caller aborts',
    error: { code: StatusCode.CANCELLED, message: expect.stringContaining('changed my mind'), cause: whim },
    aborted: 'CANCELLED',
    goesOn: true,
  },
  deadline: {
    name: 'the deadline passes',
    error: { code: StatusCode.DEADLINE_EXCEEDED },
    aborted: 'DEADLINE_EXCEEDED',
    goesOn: true,
  },
  lost: {
    name: 'the connection is lost',
    error: { code: StatusCode.UNAVAILABLE },
    aborted: 'CANCELLED',
    goesOn: false,
  },
  throws: {
    name: 'the handler throws',
    error: { code: StatusCode.ABORTED, message: 'the handler gave up', details: handlerError().details },
    goesOn: true,
  },
} satisfies Record<string, Ending>

describe.each(transports)('calls that end early, over %s', (over) => {
  let scene: Scene
  let pair: ServedPair
  const lose = (): void => (pair.client instanceof MemoryConnection ? pair.client.drop() : pair.server.close())

  beforeEach(async () => {
    scene = new Scene()
    pair = await servePair(over, { services: gridServices(scene), codecs: [new ForyCodec()] })
    // Deadlines pass when the test advances the clock.
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] })
  })
  afterEach(async () => {
    vi.useRealTimers()
    await pair.close()
  })

  const end: Record<keyof typeof endings, (controller: AbortController) => void> = {
    aborts: (controller) => controller.abort(whim),
    deadline: () => vi.advanceTimersByTime(TIMEOUT_MS),
    lost: lose,
    throws: () => {},
  }

  /** Ends a call in the given way, and checks both sides. `letGo` releases a request that is held back. */
  async function play(row: Row, how: keyof typeof endings, calls: Calls, letGo = (): void => {}): Promise<void> {
    const { error, aborted, goesOn }: Ending = endings[how]
    const before = [...scene.events]
    Object.assign(scene, row.scene, { throws: how === 'throws' })
    const controller = new AbortController()
    const { end: call, ready, after } = row.start(calls, { signal: controller.signal, timeoutMs: TIMEOUT_MS })
    const failed = call.then(
      () => expect.unreachable('the call ended with OK'),
      (thrown: unknown) => thrown,
    )
    await ready
    await (row.held ? untilQuiet() : scene.saw('standing'))
    end[how](controller)
    if (!goesOn) letGo()
    const thrown = await failed
    vi.advanceTimersByTime(row.resetAfterMs ?? 0)
    expect(thrown).toBeInstanceOf(RpcError)
    expect(thrown).toMatchObject(error)
    await after?.(thrown)
    if (row.held) {
      expect(scene.events.filter((event) => event === 'started')).toEqual(before.filter((event) => event === 'started'))
    } else {
      await scene.saw('finally')
      const told = aborted === undefined ? [] : [`aborted: ${aborted}`]
      expect(scene.events.toSorted()).toEqual([...told, 'finally', 'standing', 'started'])
    }
    letGo()
    const next = calls.ping({ text: 'next' })
    if (goesOn) await expect(next).resolves.toMatchObject({ text: 'next' })
    else await expect(next).rejects.toMatchObject({ code: StatusCode.UNAVAILABLE })
  }

  describe.each(rows.map((row) => [`${row.pattern}, ${row.moment}`, row] as const))('%s', (_name, row) => {
    const hows = (Object.keys(endings) as (keyof typeof endings)[]).filter(
      // A handler that was never called cannot throw.
      (how) => !(row.held === true && how === 'throws'),
    )
    const named = hows.map((how) => [endings[how].name, how] as const)

    it.each(named)('of a shared service: %s', async (_name, how) => {
      let letGo = (): void => {}
      const connected = new Promise<Connection>((resolve) => (letGo = () => resolve(pair.client)))
      if (!row.held) letGo()
      const calls = createClient(GridService, { connection: () => connected, codec: new ForyCodec() })
      await play(row, how, calls, letGo)
    })

    it.each(named)('of a session: %s', async (_name, how) => {
      const session = await openSession(GridSession, { connection: pair.client, codec: new ForyCodec() })
      const first = new AbortController()
      if (row.held) {
        session.unary({}, { signal: first.signal }).catch(() => {})
        await scene.saw('standing')
      }
      await play(row, how, session, () => first.abort())
      await session.close()
    })
  })
})
