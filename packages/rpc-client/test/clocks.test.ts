// If the clock of a producer is ahead, deadlines have passed on arrival. The answers are those of real producers, also Python's.
import { JsonCodec } from '@aster/codec-json'
import { type Callable, createClient, openSession } from '@aster/rpc-client'
import {
  bidiStream,
  type CallOptions,
  clientStream,
  defineService,
  implement,
  type Logger,
  RpcError,
  serverStream,
  StatusCode,
  t,
  unary,
} from '@aster/rpc-core'
import { serveConnection } from '@aster/rpc-server'
import { collect, failure } from '@aster/test-services'
import { memoryPair } from '@aster/transport-memory'
import { expect, it } from 'vitest'

const Nothing = t.struct('clocks/Nothing', {})
const methods = {
  unary: unary(Nothing, Nothing),
  server: serverStream(Nothing, Nothing),
  client: clientStream(Nothing, Nothing),
  bidi: bidiStream(Nothing, Nothing),
}
const Shared = defineService({ name: 'Shared', methods })
const Scoped = defineService({ name: 'Scoped', scope: 'session', methods })
const codec = new JsonCodec()
const options: CallOptions = { timeoutMs: 60_000 }

const OURS = 'the deadline had passed by 2000 ms on arrival; compare the clocks of the two sides'
const PYTHON = 'deadline already expired on receipt (now=2, deadline=1, skew_tolerance=5000ms)'

/** Calls every method of a shared service and of a session. Returns the errors, and the warnings with their fields. */
async function callAll(text: string) {
  const warnings: [object, string][] = []
  const logger: Logger = {
    debug() {},
    info() {},
    warn: (fields, line) => void warnings.push([fields, line]),
    error() {},
  }
  const fail = (): never => {
    throw new RpcError(StatusCode.DEADLINE_EXCEEDED, text)
  }
  const handlers = { unary: fail, server: fail, client: fail, bidi: fail } as never
  const errors: RpcError[] = []
  const connect = (id: string) => {
    const [connection, producer] = memoryPair({ ids: ['consumer', id] })
    serveConnection(producer, {
      services: [implement(Shared, handlers), implement(Scoped, () => handlers)],
      codecs: [codec],
    })
    return { connection, codec, logger }
  }
  for (const id of ['one', 'two']) {
    const client = connect(id)
    for (const calls of [createClient(Shared, client), await openSession<typeof Scoped & Callable>(Scoped, client)]) {
      errors.push(await failure(calls.unary({}, options)))
      errors.push(await failure(collect(calls.server({}, options))))
      errors.push(await failure(calls.client([{}], options)))
      errors.push(await failure(calls.bidi(options).recv()))
    }
  }
  return { errors, warnings }
}

it.each([
  ['ours', OURS, OURS],
  ['Python', PYTHON, `${PYTHON}; compare the clocks of the two sides`],
])('the error of a producer of %s names the clocks, and is logged once for each peer', async (_whose, text, told) => {
  const { errors, warnings } = await callAll(text)
  expect(new Set(errors.map(({ message }) => message))).toEqual(new Set([told]))
  expect(errors).toHaveLength(16)
  const leftMs = expect.any(Number)
  expect(warnings).toEqual([
    [{ peer: 'one', leftMs }, `the producer ended a call: ${told}`],
    [{ peer: 'two', leftMs }, `the producer ended a call: ${told}`],
  ])
})

it('an error of a handler with the same code is passed on as it is', async () => {
  const { errors, warnings } = await callAll('the database took too long')
  expect(new Set(errors.map(({ message }) => message))).toEqual(new Set(['the database took too long']))
  expect(warnings).toEqual([])
})
