// The error of a deadline says what the call was waiting for.
import { JsonCodec } from '@aster/codec-json'
import { type Client, type ClientOptions, createClient, openSession } from '@aster/rpc-client'
import {
  type CallOptions,
  type Connection,
  type Interceptor,
  type Logger,
  type RpcError,
  StatusCode,
} from '@aster/rpc-core'
import { serveConnection } from '@aster/rpc-server'
import { failure, Held, HeldSession, Hold, untilQuiet } from '@aster/test-services'
import { memoryPair } from '@aster/transport-memory'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

type Calls = Client<typeof Held>

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }))
afterEach(() => void vi.useRealTimers())

const codec = new JsonCodec()

function serve(maxStreams = 100) {
  const hold = new Hold()
  const [connection, producer] = memoryPair({ maxStreams })
  serveConnection(producer, { services: hold.services, codecs: [codec] })
  return { hold, connection }
}

/** Lets the deadline of a call pass, 500 ms after the call began. Returns the error. */
async function late(call: Promise<unknown>): Promise<RpcError> {
  const failed = failure(call)
  await untilQuiet()
  await vi.advanceTimersByTimeAsync(500)
  return failed
}

const never = (): Promise<never> => new Promise(() => {})
const options = (rest: Partial<ClientOptions> & Pick<ClientOptions, 'connection'>): ClientOptions => ({
  codec,
  ...rest,
})
const start = 'the deadline passed before the call was complete: '
const STREAMS =
  'open on the connection: read responses to their end, or leave them, and close sessions; or let the producer serve more at a time (maxConcurrentStreams)'

const patterns: Record<string, (calls: Calls, options: CallOptions) => Promise<unknown>> = {
  unary: (calls, given) => calls.unary({}, given),
  'server stream': (calls, given) => calls.server({}, given).next(),
  'client stream': (calls, given) => calls.client([{}], given),
  'bidi stream': (calls, given) => calls.bidi(given).recv(),
}

describe.each(Object.entries(patterns))('a %s', (pattern, call) => {
  it('says that the producer could not be reached', async () => {
    const calls = createClient(Held, options({ connection: never }))
    expect(await late(call(calls, { timeoutMs: 500 }))).toMatchObject({
      code: StatusCode.DEADLINE_EXCEEDED,
      message: `${start}the producer could not be reached within 500 ms: the client was still connecting; check that the producer runs and that its address is right`,
    })
  })

  it('says how many streams are open when it waits for one', async () => {
    const { connection } = serve(2)
    const calls = createClient(Held, options({ connection }))
    for (let i = 0; i < 2; i++) await calls.server({}).next()
    expect(await late(call(calls, { timeoutMs: 500 }))).toMatchObject({
      code: StatusCode.DEADLINE_EXCEEDED,
      message: `${start}the call waited 500 ms for a stream, and 2 streams are ${STREAMS}`,
    })
  })

  it('says that it was waiting for its turn in the session', async () => {
    const { connection } = serve()
    const session = await openSession(HeldSession, options({ connection }))
    session.unary({}).catch(() => {})
    expect(await late(call(session, { timeoutMs: 500 }))).toMatchObject({
      code: StatusCode.DEADLINE_EXCEEDED,
      message: `${start}the call was waiting for its turn in the session after 500 ms: the calls of a session run one after another; open another session for calls at the same time`,
    })
  })

  it.each(['shared service', 'session'])('says that there was no answer in time: of a %s', async (scope) => {
    const { connection } = serve()
    const calls: Calls =
      scope === 'session'
        ? await openSession(HeldSession, options({ connection }))
        : createClient(Held, options({ connection }))
    // The first response of the handler of a server stream comes at once.
    const answer = async (): Promise<unknown> => {
      const stream = calls.server({}, { timeoutMs: 500 })
      await stream.next()
      return stream.next()
    }
    const isStream = pattern === 'server stream' || pattern === 'bidi stream'
    expect(await late(pattern === 'server stream' ? answer() : call(calls, { timeoutMs: 500 }))).toMatchObject({
      code: StatusCode.DEADLINE_EXCEEDED,
      message: isStream
        ? `${start}the stream had not ended after 500 ms; a deadline covers a stream as a whole`
        : `${start}the producer did not answer within 500 ms; allow the call more time, or see what its handler waits for`,
    })
  })

  it('says that the interceptors kept it', async () => {
    const { connection } = serve()
    const calls = createClient(Held, options({ connection, interceptors: [never] }))
    expect((await late(call(calls, { timeoutMs: 500 }))).message).toBe(
      `${start}the interceptors of the client had not passed the call on after 500 ms`,
    )
  })

  it('says that the deadline had passed before the call was made', async () => {
    const { connection } = serve()
    const calls = createClient(Held, options({ connection }))
    expect((await failure(call(calls, { timeoutMs: -1 }))).message).toBe(`${start}it had passed when the call was made`)
  })

  it('says the same behind interceptors that copy the call', async () => {
    const copy: Interceptor = (given, next) => next({ ...given, metadata: { ...given.metadata } })
    const calls = createClient(Held, options({ connection: never, interceptors: [copy, copy] }))
    const error = await late(call(calls, { timeoutMs: 500 }))
    expect(error.message).toContain(': the producer could not be reached within 500 ms')
  })

  it('says the same after a time-out of the caller', async () => {
    const controller = new AbortController()
    setTimeout(() => controller.abort(new DOMException('the caller has no time', 'TimeoutError')), 500)
    const calls = createClient(Held, options({ connection: never }))
    const error = await late(call(calls, { signal: controller.signal }))
    expect(error.message).toMatch(/^the caller has no time: the producer could not be reached within 500 ms/)
  })
})

it('says that the requests of a client stream had not ended', async () => {
  const { connection } = serve()
  const calls = createClient(Held, options({ connection }))
  const requests = { [Symbol.asyncIterator]: () => ({ next: never }) }
  expect((await late(calls.client(requests, { timeoutMs: 500 }))).message).toBe(
    `${start}the requests of the caller had not ended after 500 ms`,
  )
})

it('passes the words of the producer through', async () => {
  const [connection, producer] = memoryPair()
  const services = new Hold().services
  serveConnection(producer, { services, codecs: [codec], handlerTimeoutMs: 500 })
  const error = await late(createClient(Held, options({ connection })).unary({}))
  expect(error).toMatchObject({ code: StatusCode.DEADLINE_EXCEEDED })
  expect(error.message).not.toContain('the producer did not answer')
})

describe('the opening of a session', () => {
  const opening = (connection: ClientOptions['connection']): Promise<RpcError> => {
    const controller = new AbortController()
    setTimeout(() => controller.abort(new DOMException('no time', 'TimeoutError')), 500)
    return late(openSession(HeldSession, { ...options({ connection }), signal: controller.signal }))
  }

  it('says that the producer could not be reached', async () => {
    expect(await opening(never)).toMatchObject({
      code: StatusCode.DEADLINE_EXCEEDED,
      message: expect.stringMatching(/^no time: the producer could not be reached within 500 ms/),
    })
  })

  it('says how many streams are open', async () => {
    const { connection } = serve(1)
    await createClient(Held, options({ connection })).server({}).next()
    expect((await opening(connection)).message).toBe(
      `no time: the call waited 500 ms for a stream, and 1 stream is ${STREAMS}`,
    )
  })
})

describe('calls that wait for a stream', () => {
  const lines: [object, string][] = []
  beforeEach(() => void (lines.length = 0))
  const logger: Logger = {
    debug: () => {},
    info: () => {},
    warn: (...line) => void lines.push(line),
    error: () => {},
  }
  const waitOf = (connection: Connection): Calls => createClient(Held, options({ connection, logger }))

  it('are logged after 1 s, once for as long as calls wait', async () => {
    const { connection } = serve(3)
    const calls = waitOf(connection)
    const session = await openSession(HeldSession, options({ connection }))
    const streams = [calls.server({}), calls.server({})]
    for (const stream of streams) await stream.next()
    const waiting = [calls.ping({}), calls.ping({})]
    await untilQuiet()
    await vi.advanceTimersByTimeAsync(999)
    expect(lines).toEqual([])
    await vi.advanceTimersByTimeAsync(1)
    const fields = { peer: connection.remoteId, openStreams: 3, waiting: 2 }
    expect(lines).toEqual([[fields, `calls wait for a stream: 3 streams are ${STREAMS}`]])
    await vi.advanceTimersByTimeAsync(60_000)
    expect(lines).toHaveLength(1)
    await session.close()
    await Promise.all(waiting)

    await openSession(HeldSession, options({ connection }))
    const again = calls.ping({})
    await untilQuiet()
    await vi.advanceTimersByTimeAsync(2_000)
    expect(lines).toHaveLength(2)
    for (const stream of streams) await stream.return?.()
    await again
    await vi.advanceTimersByTimeAsync(2_000)
    expect(vi.getTimerCount()).toBe(0)
    expect(lines).toHaveLength(2)
  })

  it('are not logged while each waits less, and a logger that throws does no harm', async () => {
    const { connection } = serve(1)
    const calls = waitOf(connection)
    for (let i = 0; i < 5; i++) {
      const stream = calls.server({})
      await stream.next()
      const waiting = calls.ping({})
      await untilQuiet()
      await vi.advanceTimersByTimeAsync(900)
      await stream.return?.()
      await waiting
    }
    expect(lines).toEqual([])
    const failing = { ...logger, warn: () => expect.fail('as a logger may') }
    const stream = calls.server({})
    await stream.next()
    const waiting = createClient(Held, options({ connection, logger: failing })).ping({})
    await untilQuiet()
    await vi.advanceTimersByTimeAsync(1_000)
    await stream.return?.()
    await waiting
  })
})
