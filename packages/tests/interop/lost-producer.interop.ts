// A Python producer that goes away while calls of every pattern run, in a session and outside.
import { AsterClient, type Client, type RpcError, type Session, StatusCode } from '@aster/client'
import { collect } from '@aster/test-services'
import { describe, expect, it } from 'vitest'
import { type PythonProducer, startProducer } from './python-producer.ts'
import { Counter, Interop } from './services.ts'
import { config, failure, unfinished } from './with-python.ts'

async function chatting(chat: ReturnType<Client<typeof Interop>['chat']>): Promise<unknown> {
  await chat.send({ text: 'a' })
  await chat.recv()
  return chat.recv()
}

const inFlight: Readonly<Record<string, (calls: Client<typeof Interop>) => Promise<unknown>>> = {
  'a unary call': (calls) => calls.sleep({ count: 30_000 }),
  'a server stream': (calls) => collect(calls.tick({ count: 20 })),
  'a client stream that is not complete': (calls) => calls.addUp(unfinished(1)),
  'a client stream whose handler runs': (calls) => calls.addSlowly([{ count: 30_000 }]),
  'a bidi call': (calls) => chatting(calls.chat()),
}

const inSession: Readonly<Record<string, (session: Session<typeof Counter>) => Promise<unknown>>> = {
  'a unary call': (session) => session.sleep({ count: 30_000 }),
  'a server stream': (session) => collect(session.tick({ count: 20 })),
  'a client stream': (session) => session.addAll(unfinished(1)),
  'a bidi call': (session) => chatting(session.chat()),
}

/** The handlers of the calls that start at once. */
const handlers = ['Interop.sleep', 'Interop.tick', 'Interop.add_slowly', 'Interop.chat'].concat([
  'Counter.sleep',
  'Counter.tick',
  'Counter.chat',
])

/** Starts all calls and ends the producer. Returns the error of each call. */
async function loseWhileCalling(
  lose: (producer: PythonProducer) => Promise<void>,
): Promise<{ ends: Record<string, RpcError>; next: RpcError[] }> {
  const producer = await startProducer()
  await using c = await AsterClient.connect({ config, endpointAddr: producer.ticket })
  const interop = await c.client(Interop)
  const running: Record<string, Promise<RpcError>> = {}
  for (const [name, call] of Object.entries(inFlight)) running[name] = failure(call(interop))
  const sessions: Session<typeof Counter>[] = []
  for (const [name, call] of Object.entries(inSession)) {
    const session = await c.session(Counter)
    await session.add({})
    running[`${name} in a session`] = failure(call(session))
    running[`what waits behind ${name} in a session`] = failure(session.add({}))
    sessions.push(session)
  }
  const idle = await c.session(Counter)
  await idle.add({})
  sessions.push(idle)
  const stats = async () => JSON.parse((await interop.stats({})).text) as Record<string, { started: number }>
  await expect
    .poll(async () => {
      const counts = await stats()
      return handlers.filter((name) => counts[name]?.started !== 1)
    })
    .toEqual([])
  const lost = lose(producer)
  const ends = Object.fromEntries(
    await Promise.all(Object.entries(running).map(async ([name, end]) => [name, await end] as const)),
  )
  await lost
  expect(await failure(interop.say({}, { timeoutMs: 500 }))).toMatchObject({
    code: expect.toBeOneOf([StatusCode.UNAVAILABLE, StatusCode.DEADLINE_EXCEEDED]),
  })
  const next = await Promise.all(sessions.map((session) => failure(session.add({}))))
  return { ends, next }
}

describe.concurrent('calls fail with UNAVAILABLE when a Python producer is', () => {
  it.each([
    ['stopped', (producer) => producer.stop()],
    [
      'killed, long before QUIC times out',
      async (producer) => {
        producer.kill()
        await producer.stop()
      },
    ],
  ] satisfies [string, (producer: PythonProducer) => Promise<void>][])('%s', async (_how, lose) => {
    const { ends, next } = await loseWhileCalling(lose)
    for (const [name, end] of Object.entries(ends))
      expect({ name, code: end.code }).toEqual({ name, code: StatusCode.UNAVAILABLE })
    for (const error of next) expect(error).toMatchObject({ code: StatusCode.UNAVAILABLE })
  })
})
