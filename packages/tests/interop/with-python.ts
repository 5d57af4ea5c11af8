// The set-up that tests of AsterClient against the Python producer share.
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

/** A Python producer and a client of it, which are there while the tests of a file run. */
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

/** The `RpcError` that a call ends with. */
export async function failure(call: Promise<unknown>): Promise<RpcError> {
  const error = await call.then(
    (value) => expect.unreachable(`an error is expected, found ${JSON.stringify(value)}`),
    (reason: unknown) => reason,
  )
  expect(error).toBeInstanceOf(RpcError)
  return error as RpcError
}

/** `count` messages, numbered. */
export const numbered = (text: string, count: number, from = 0): { text: string; count: number }[] =>
  Array.from({ length: count }, (_, i) => ({ text, count: from + i }))

/** What the handlers of a name went through, by the producer's own count. */
export interface HandlerCounts {
  readonly started: number
  readonly ended: number
  readonly failed: number
  readonly cancelled: number
  /** Of a session service. */
  readonly opened: number
  readonly closed: number
}

const NONE: HandlerCounts = { started: 0, ended: 0, failed: 0, cancelled: 0, opened: 0, closed: 0 }

type Stats = Pick<Client<typeof Interop>, 'stats'>

export async function countsOf(interop: Stats, name: string): Promise<HandlerCounts> {
  const counts = JSON.parse((await interop.stats({})).text) as Record<string, Partial<HandlerCounts>>
  return { ...NONE, ...counts[name] }
}

/** Tells what was added to the counts of a handler since. */
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
    /** Counts the handlers of a name from now on. */
    since: (name: string) => countsSince(interop, name),
    /** Resolves when Python has closed all sessions: it learns of an end some time after the consumer. */
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

/** Requests, and then nothing more for as long as the call goes on. */
export async function* unfinished(count: number): AsyncGenerator<{ count: number }> {
  yield* numbered('', count, 1)
  await new Promise(() => {})
}

/** Two calls of a session with a total, each with its own answer. */
export async function expectUsable(session: Pick<Client<typeof Counter>, 'add'>, total = 0): Promise<void> {
  for (const more of [1, 2]) expect(await session.add({ count: 1 })).toEqual({ text: 'total', count: total + more })
}
