import { ForyCodec } from '@aster/codec-fory'
import { JsonCodec } from '@aster/codec-json'
import { type Client, type ClientOptions, createClient, openSession, type Session } from '@aster/rpc-client'
import { type Codec, RpcError, StatusCode } from '@aster/rpc-core'
import { serveConnection } from '@aster/rpc-server'
import {
  collect,
  CounterService,
  counterService,
  EchoService,
  echoService,
  fakeClock,
  numbered,
  type Outcome,
  settle,
} from '@aster/test-services'
import { memoryPair } from '@aster/transport-memory'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { codecs } from './codecs.ts'
import { type Boundary, type FaultAt, FrameFaults, join, type Strike } from './frame-faults.ts'

const TIMEOUT_MS = 20_000
/** Milliseconds after which everything has ended, including the checks of a session. */
const LIMIT_MS = 90_000

type Echo = Client<typeof EchoService>
type Counter = Session<typeof CounterService>

const shared: Record<string, (echo: Echo) => Promise<unknown>> = {
  unary: (echo) => echo.echo({ text: 'a', count: 1 }),
  'server stream': (echo) => collect(echo.countUp({ text: 'c', count: 3 })),
  'client stream': (echo) => echo.addUp(numbered(3)),
  'bidi stream': (echo) => inTurn(echo.chat()),
}

const inSession: Record<string, (counter: Counter) => Promise<unknown>> = {
  unary: (counter) => counter.add({ count: 1 }),
  'server stream': (counter) => collect(counter.history({ count: 3 })),
  'client stream': (counter) => counter.addAll(numbered(3)),
  'bidi stream': (counter) => inTurn(counter.chat()),
}

async function inTurn(channel: ReturnType<Echo['chat']>): Promise<unknown> {
  await using chat = channel
  const got: unknown[] = []
  for (const item of numbered(3)) {
    await chat.send(item)
    got.push(await chat.recv())
  }
  chat.finish()
  got.push(await chat.recv())
  return got
}

const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values)
const NOTHING = bytes()

/** Returns random bytes of a frame's length, the same each time. */
function noise(length: number): Uint8Array {
  let seed = 0x2545f491
  return Uint8Array.from({ length }, () => {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0
    return seed >>> 24
  })
}

/** Inserts `bytes` at the boundary. */
const insert =
  (...values: number[]) =>
  ({ before, frame = NOTHING, behind }: Boundary) => ({ deliver: join([before, bytes(...values), frame, behind]) })

/** Replaces the frame after the boundary. */
const replace =
  (other: (frame: Uint8Array) => Uint8Array) =>
  ({ before, frame = NOTHING, behind }: Boundary) => ({
    deliver: join([before, frame.length === 0 ? frame : other(frame), behind]),
  })

const withFlags = (flags: number) =>
  replace((frame) => {
    const copy = frame.slice()
    copy[4] = flags
    return copy
  })

interface Loss extends FaultKind {
  /** Set if the fault ends the requests cleanly: the handler cannot tell this from a shorter stream. */
  readonly inRequests?: 'fewer'
  readonly call?: 'succeeds'
}

interface FaultKind {
  readonly at: FaultAt
  readonly connection?: 'gone'
  /** The most streams at a time. With one, the next call needs the stream of the previous call. @default 1 */
  readonly maxStreams?: number
}

/** Faults that lose bytes. The call then returns the right value or fails. */
const losses: Record<string, Loss> = {
  'cut between frames': { at: ({ before }) => ({ deliver: before, finish: true }), inRequests: 'fewer' },
  'cut in a length': {
    at: ({ before, frame = NOTHING }) => ({ deliver: join([before, frame.subarray(0, 2)]), finish: true }),
  },
  'cut in a payload': {
    at: ({ before, frame = NOTHING }) => ({ deliver: join([before, frame.subarray(0, -1)]), finish: true }),
  },
  reset: { at: ({ before }) => ({ deliver: before, reset: 7 }) },
  // The reader sees a stop as the end of the stream.
  stop: { at: ({ before }) => ({ deliver: before, stop: 7 }), inRequests: 'fewer' },
  'loss of the connection': { at: ({ before }) => ({ deliver: before, drop: true }), connection: 'gone' },
  // A stream that never ends stays open.
  silence: { at: ({ before }) => ({ deliver: before, stall: true }), maxStreams: 2 },
  'silence within a frame': {
    at: ({ before, frame = NOTHING }) => ({ deliver: join([before, frame.subarray(0, -1)]), stall: true }),
    maxStreams: 2,
  },
  delay: { at: () => ({ after: new Promise((resolve) => setTimeout(resolve, 5_000)) }), call: 'succeeds' },
  'delay beyond the deadline': {
    at: () => ({ after: new Promise((resolve) => setTimeout(resolve, TIMEOUT_MS + 500)) }),
  },
}

const garbage: Record<string, FaultAt> = {
  duplicate: ({ before, frame = NOTHING, behind }) => ({ deliver: join([before, frame, frame, behind]) }),
  omission: ({ before, behind }) => ({ deliver: join([before, behind]) }),
  noise: insert(...noise(32)),
  'a frame of length 0': insert(0, 0, 0, 0),
  'a frame beyond the limit': insert(1, 0, 0, 1, 0),
  'a frame with an unknown flag': insert(4, 0, 0, 0, 0x80, 1, 2, 3),
  'a data frame of noise': insert(9, 0, 0, 0, 0, ...noise(8)),
  'a compressed frame of noise': insert(9, 0, 0, 0, 1, ...noise(8)),
  'a trailer of noise': insert(9, 0, 0, 0, 2, ...noise(8)),
  'an empty trailer': insert(1, 0, 0, 0, 2),
  'a cancel': insert(1, 0, 0, 0, 0x20),
  'a call of noise': insert(9, 0, 0, 0, 0x10, ...noise(8)),
  'noise in a payload': replace((frame) => join([frame.subarray(0, 5), noise(frame.length - 5)])),
  'flags of a data frame': withFlags(0),
  'flags of a compressed frame': withFlags(0x01),
  'flags of a trailer': withFlags(0x02),
  'flags of a header': withFlags(0x04),
  'flags of a call': withFlags(0x10),
  'flags of a cancel': withFlags(0x20),
}

const clock = fakeClock(vi)

/** A connection with faults, and a watchdog that advances the clock. */
function connect(codec: () => Codec, { maxStreams = 1 }: Partial<FaultKind> = {}, strike?: Strike) {
  const frames = new FrameFaults(strike)
  const [client, server] = memoryPair({ faults: frames, maxStreams })
  const services = [echoService(), counterService()]
  const served = serveConnection(server, { services, codecs: [new ForyCodec(), new JsonCodec()] })
  const options: ClientOptions = {
    connection: client,
    codec: codec(),
    statusCodec: new ForyCodec(),
    timeoutMs: TIMEOUT_MS,
  }
  const ends = <T>(what: string, promise: Promise<T>) => settle(promise, { what, limitMs: LIMIT_MS, clock })
  return { frames, client, served, options, ends }
}

type Connected = ReturnType<typeof connect>

/** Throws if a caller must never get such an outcome. */
function checkOutcome(outcome: Outcome<unknown>): void {
  if ('value' in outcome) return
  expect(outcome.error).toBeInstanceOf(RpcError)
  expect(Object.values(StatusCode)).toContain((outcome.error as RpcError).code)
}

type Scenario = (connected: Connected, isGone: boolean) => Promise<Outcome<unknown>>

/** A call, and another one on the same connection. */
const sharedScenario =
  (call: (echo: Echo) => Promise<unknown>): Scenario =>
  async ({ client, options, ends }, isGone) => {
    const echo = createClient(EchoService, options)
    const outcome = await ends('the call', call(echo))
    if (isGone) await ends('the connection', client.closed)
    const next = await ends('the next call', echo.echo({ text: 'next' }))
    expect(next).toMatchObject(isGone ? { error: { code: StatusCode.UNAVAILABLE } } : { value: { text: 'next' } })
    return outcome
  }

/** A session with the call between two others, and another session. */
const sessionScenario =
  (call: (counter: Counter) => Promise<unknown>): Scenario =>
  async ({ options, ends }, isGone) => {
    const session = await openSession(CounterService, options)
    const first = await ends('the first call', session.add({ count: 1 }))
    const outcome = await ends('the call', call(session))
    // The session continues, or its error says that it is over.
    const last = await ends('the next call of the session', session.add({ count: 1 }))
    for (const one of [first, outcome, last]) checkOutcome(one)
    await ends('the close of the session', session.close())
    const opened = await ends('another session', openSession(CounterService, options))
    if (isGone) {
      expect(opened).toMatchObject({ error: { code: StatusCode.UNAVAILABLE } })
    } else {
      const other = (opened as { value: Counter }).value
      expect(await ends('its call', other.add({ count: 5 }))).toEqual({ value: { text: 'total', count: 5 } })
      await ends('its close', other.close())
    }
    return 'error' in first ? first : outcome
  }

const scenarios: Record<string, Scenario> = {
  ...mapped('', shared, sharedScenario),
  ...mapped(' of a session', inSession, sessionScenario),
}

function mapped<C>(
  suffix: string,
  calls: Record<string, C>,
  scenario: (call: C) => Scenario,
): Record<string, Scenario> {
  return Object.fromEntries(Object.entries(calls).map(([name, call]) => [name + suffix, scenario(call)]))
}

describe.each(Object.entries(codecs))('faults at the boundaries of frames, in %s', (_mode, codec) => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] }))
  afterEach(() => void vi.useRealTimers())

  /** Runs a scenario once without a fault, then once for each boundary of each direction. */
  async function strikeEverywhere(
    scenario: Scenario,
    kind: FaultKind,
    check: (outcome: Outcome<unknown>, expected: unknown, direction: Strike['direction']) => void,
  ): Promise<void> {
    const clean = connect(codec)
    const expected = await scenario(clean, false)
    expect(expected).toHaveProperty('value')
    for (const direction of ['request', 'response'] as const) {
      const count = clean.frames.count[direction]
      for (let index = 0; index <= count; index++) {
        const connected = connect(codec, kind, { direction, index, isLast: index === count, fault: kind.at })
        try {
          const outcome = await scenario(connected, kind.connection === 'gone')
          expect(connected.frames.struck).toBe(true)
          checkOutcome(outcome)
          check(outcome, expected, direction)
          connected.client.close()
          await connected.ends('the server, whose connection is closed', connected.served.done)
        } catch (error) {
          const where = `at ${direction} boundary ${index} of ${count}`
          throw new Error(`${where}: ${error instanceof Error ? error.message : String(error)}`, { cause: error })
        }
      }
    }
  }

  describe.each(Object.entries(scenarios))('%s', (_name, scenario) => {
    it.each(Object.entries(losses))('ends with a status: %s', (_name, loss) =>
      strikeEverywhere(scenario, loss, (outcome, expected, direction) => {
        if (loss.inRequests === 'fewer' && direction === 'request') return
        if (loss.call === 'succeeds' || 'value' in outcome) expect(outcome).toEqual(expected)
      }),
    )

    it.each(Object.entries(garbage))('ends with a status: %s', (_name, at) =>
      strikeEverywhere(scenario, { at }, () => {}),
    )
  })
})
