// The set-up of the tests of AsterClient against the Python producer.
import {
  AsterClient,
  AsterConfig,
  type CallOptions,
  type Client,
  type Codec,
  ForyCodec,
  JsonCodec,
  RpcError,
} from '@aster/client'
import { afterAll, beforeAll, expect } from 'vitest'
import { type PythonProducer, startProducer } from './python-producer.ts'
import { Counter, Interop } from './services.ts'

export const config = AsterConfig.from({ relayMode: 'disabled', bindAddr: '127.0.0.1:0' })

export interface PythonSide {
  readonly producer: PythonProducer
  readonly client: AsterClient
}

/** Returns a Python producer and a client of it, which live while the tests of a file run. */
export function withProducer(args: readonly string[] = []): PythonSide {
  const python = {} as { producer: PythonProducer; client: AsterClient }
  beforeAll(async () => {
    python.producer = await startProducer(args)
    python.client = await AsterClient.connect({ config, endpointAddr: python.producer.ticket })
  })
  afterAll(async () => {
    await python.client.close()
    await python.producer.stop()
  })
  return python
}

export const modes = ['xlang', 'json'] as const

export const codecFor = (mode: (typeof modes)[number]): Codec => (mode === 'json' ? new JsonCodec() : new ForyCodec())

/** Returns the `RpcError` with which a call ends. */
export async function failure(call: Promise<unknown>): Promise<RpcError> {
  const error = await call.then(
    (value) => expect.unreachable(`an error is expected, found ${JSON.stringify(value)}`),
    (reason: unknown) => reason,
  )
  expect(error).toBeInstanceOf(RpcError)
  return error as RpcError
}

/** Returns `count` numbered messages. */
export const numbered = (text: string, count: number, from = 0): { text: string; count: number }[] =>
  Array.from({ length: count }, (_, i) => ({ text, count: from + i }))

/** The counts of the events of a handler, as the producer counts them. */
export interface HandlerCounts {
  readonly started: number
  readonly ended: number
  readonly failed: number
  readonly cancelled: number
  /** The instances of a session service that were opened. */
  readonly opened: number
  readonly closed: number
}

const NONE: HandlerCounts = { started: 0, ended: 0, failed: 0, cancelled: 0, opened: 0, closed: 0 }

type Stats = Pick<Client<typeof Interop>, 'stats'>

export async function countsOf(interop: Stats, name: string): Promise<HandlerCounts> {
  const counts = JSON.parse((await interop.stats({})).text) as Record<string, Partial<HandlerCounts>>
  return { ...NONE, ...counts[name] }
}

/** Returns a function that returns the events of a handler since this call. */
export async function countsSince(interop: Stats, name: string): Promise<() => Promise<Partial<HandlerCounts>>> {
  const before = await countsOf(interop, name)
  return async () => {
    const after = await countsOf(interop, name)
    const keys = Object.keys(after) as (keyof HandlerCounts)[]
    return Object.fromEntries(
      keys.filter((key) => after[key] !== before[key]).map((key) => [key, after[key] - before[key]]),
    )
  }
}

/** Calls of `Interop` and sessions of `Counter` in a mode, for the tests of a `describe`. */
export function withSessions(python: PythonSide, mode: (typeof modes)[number]) {
  const codec = codecFor(mode)
  let interop: Client<typeof Interop>
  beforeAll(async () => {
    interop = await python.client.client(Interop, { codec })
  })
  return {
    codec,
    say: (options: CallOptions) => interop.say({}, options),
    /** Counts the events of a handler from now on. */
    since: (name: string) => countsSince(interop, name),
    /** Resolves when Python has closed all sessions, which happens some time after the consumer closed them. */
    untilClosed: () =>
      expect
        .poll(async () => {
          const { opened, closed } = await countsOf(interop, 'Counter')
          return opened - closed
        })
        .toBe(0),
    open: () => python.client.session(Counter, { codec }),
  }
}

/** Yields requests, and then waits for as long as the call lasts. */
export async function* unfinished(count: number): AsyncGenerator<{ count: number }> {
  yield* numbered('', count, 1)
  await new Promise(() => {})
}

/** Makes two calls of a session with a total, and checks the answer of each. */
export async function expectUsable(session: Pick<Client<typeof Counter>, 'add'>, total = 0): Promise<void> {
  for (const more of [1, 2]) expect(await session.add({ count: 1 })).toEqual({ text: 'total', count: total + more })
}
