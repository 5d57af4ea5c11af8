// Options, requests, responses and errors from another realm, as tests under Jest or code in an iframe pass them.
import { runInNewContext } from 'node:vm'
import { AsterClient, type AsterClientOptions, ForyCodec, JsonCodec } from '@aster/client'
import {
  bidiStream,
  clientStream,
  defineService,
  implement,
  serverStream,
  StatusCode,
  t,
  Timestamp,
  unary,
} from '@aster/rpc-core'
import { AsterServer, type AsterServerOptions } from '@aster/server'
import { collect, failure } from '@aster/test-services'
import { expect, it } from 'vitest'
import { config, useLoopback } from './loopback.ts'

const { closeLater } = useLoopback()

const All = t.struct('realms/All', {
  bytes: t.bytes,
  at: t.timestamp,
  set: t.set(t.string),
  map: t.map(t.string, t.list(t.int)),
  record: t.record(t.int),
  any: t.any,
})
type All = t.Infer<typeof All>
/** The values that a caller or a handler may pass. */
type GivenAll = t.Init<typeof All>

const Realms = defineService({
  name: 'Realms',
  methods: {
    unary: unary(All, All),
    serverStream: serverStream(All, All),
    clientStream: clientStream(All, All),
    bidiStream: bidiStream(All, All),
    fail: unary(All, All),
  },
})

interface Foreign {
  value(): GivenAll
  options<T>(entries: T): T
  list<T>(...items: readonly T[]): T[]
  error(): Error
}

const foreign = runInNewContext(`({
  value: () => ({
    bytes: Uint8Array.of(1, 2),
    at: new Date(5),
    set: new Set(['a']),
    map: new Map([['a', [1]]]),
    record: { a: 1 },
    any: { list: [1, { x: 'y' }] },
  }),
  options: (entries) => ({ ...entries }),
  list: (...items) => [...items],
  error: () => new TypeError('the secret'),
})`) as Foreign

it.each([
  ['XLANG', new ForyCodec()],
  ['JSON', new JsonCodec()],
])('are like those of this one, in %s', async (_mode, codec) => {
  const given: All[] = []
  const take = (value: All): GivenAll => {
    given.push(value)
    return foreign.value()
  }
  const service = implement(Realms, {
    unary: take,
    serverStream: (value) => foreign.list(take(value)),
    async clientStream(values) {
      return take((await collect(values))[0] as All)
    },
    async *bidiStream(values) {
      for await (const value of values) yield take(value)
    },
    fail() {
      throw foreign.error()
    },
  })
  const serverOptions: AsterServerOptions = foreign.options({
    config,
    services: foreign.list(service),
    allowAllConsumers: true,
    limits: foreign.options({ maxConcurrent: 5, services: foreign.options({}) }),
  })
  const server = closeLater(new AsterServer(serverOptions))
  await server.start()
  const options: AsterClientOptions = foreign.options({ config, endpointAddr: foreign.list(server.address) })
  const client = closeLater(await AsterClient.connect(options))
  const calls = await client.client(Realms, foreign.options({ codec }))
  const callOptions = foreign.options({ timeoutMs: 60_000, metadata: foreign.options({ a: '1' }) })

  const answers = [
    await calls.unary(foreign.value(), callOptions),
    ...(await collect(calls.serverStream(foreign.value(), callOptions))),
    await calls.clientStream(foreign.list(foreign.value()), callOptions),
  ]
  const channel = calls.bidiStream(callOptions)
  await channel.send(foreign.value())
  channel.finish()
  answers.push(...(await collect(channel)))

  const expected = {
    bytes: Uint8Array.of(1, 2),
    at: Timestamp.fromDate(new Date(5)),
    set: new Set(['a']),
    map: new Map([['a', [1]]]),
    record: { a: 1 },
    any: { list: [1, { x: 'y' }] },
  }
  expect(answers).toEqual([expected, expected, expected, expected])
  expect(given).toEqual([expected, expected, expected, expected])
  expect(await failure(calls.fail({}))).toMatchObject({
    code: StatusCode.UNKNOWN,
    message: expect.not.stringContaining('the secret'),
  })
})
