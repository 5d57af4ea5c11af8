// Calls without a definition to our own producer, over memory.
import { AsterClient, AsterError, ServiceNotFoundError } from '@aster/client'
import { defineService, implement, StatusCode, t, unary } from '@aster/rpc-core'
import { collect, counterService, echoService, failure, Watch } from '@aster/test-services'
import { MemoryNetwork } from '@aster/transport-memory'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { LittleProducer } from './little-producer.ts'

const Big = t.struct('tests/Big', { value: t.int64, maybeText: t.optional(t.string) })
const Numbers = defineService({ name: 'Numbers', version: 3, methods: { same: unary(Big, Big) } })
const numbers = implement(Numbers, { same: (big) => big })

let c: AsterClient
let watch: Watch
beforeEach(async () => {
  watch = new Watch()
  const producer = new LittleProducer(new MemoryNetwork(), {
    services: [
      echoService(watch),
      counterService(watch),
      implement(defineService({ ...Numbers, version: 1, methods: { same: unary(Big, Big) } }), {
        same: () => ({ value: -1n }),
      }),
      numbers,
    ],
  })
  c = await AsterClient.connect(producer.clientOptions)
})
afterEach(() => c.close())

describe('a shared service', () => {
  it('is called in every pattern, with plain values', async () => {
    const echo = c.dynamic('Echo')
    expect(await echo.call('echo', { text: 'hi', count: 2 })).toEqual({ text: 'hi', count: 2 })
    expect(await echo.call('echo', {})).toEqual({ text: '', count: 0 })
    expect(await collect(echo.serverStream('count_up', { text: 'n', count: 3 }))).toEqual([
      { text: 'n', count: 0 },
      { text: 'n', count: 1 },
      { text: 'n', count: 2 },
    ])
    expect(await echo.clientStream('add_up', [{ count: 1 }, { count: 2 }])).toEqual({ text: 'sum', count: 3 })
    await using chat = echo.bidiStream('chat')
    await chat.send({ text: 'a', count: 1 })
    expect(await chat.recv()).toEqual({ text: 'echo a', count: 2 })
    chat.finish()
    expect(await chat.recv()).toBeUndefined()
  })

  it('uses the names of the wire, null for missing values, and integers of any size', async () => {
    const big = c.dynamic('Numbers')
    expect(await big.call('same', { value: 2n ** 63n - 1n, maybe_text: 'x' })).toEqual({
      value: 2n ** 63n - 1n,
      maybe_text: 'x',
    })
    expect(await big.call('same', { value: 5 })).toEqual({ value: 5, maybe_text: null })
  })

  it('is called in its highest version by default', async () => {
    expect(await c.dynamic('Numbers').call('same', { value: 5 })).toMatchObject({ value: 5 })
    expect(await c.dynamic('Numbers', { version: 1 }).call('same', { value: 5 })).toMatchObject({ value: -1 })
  })

  it('has the options of calls', async () => {
    const echo = c.dynamic('Echo')
    expect(await failure(echo.call('wait', {}, { timeoutMs: 30 }))).toMatchObject({
      code: StatusCode.DEADLINE_EXCEEDED,
    })
    const controller = new AbortController()
    const waiting = failure(echo.call('wait', {}, { signal: controller.signal }))
    await watch.saw('wait started')
    controller.abort()
    expect(await waiting).toMatchObject({ code: StatusCode.CANCELLED })
  })

  it('is cancelled by leaving the loop', async () => {
    for await (const _ of c.dynamic('Echo').stream('endless', {})) break
    await watch.saw('endless ended')
  })

  it('passes its interceptors inside those of the client', async () => {
    const seen: string[] = []
    const echo = c.dynamic('Echo', {
      interceptors: [
        async (call, next) => {
          seen.push(`${call.service.name} ${call.method.wireName} ${call.method.kind}`)
          return next(call)
        },
      ],
    })
    await echo.call('echo', {})
    expect(seen).toEqual(['Echo echo unary'])
  })

  it('fails with the errors of the producer', async () => {
    const echo = c.dynamic('Echo')
    expect(await failure(echo.call('fail', { text: 'no', count: StatusCode.ABORTED }))).toMatchObject({
      code: StatusCode.ABORTED,
      message: 'no',
      details: { why: 'because' },
    })
    expect(await failure(echo.call('nothing', {}))).toMatchObject({ code: StatusCode.UNIMPLEMENTED })
    expect(await failure(echo.call('echo', { other: 1 }))).toMatchObject({
      message: expect.stringContaining('no such field'),
    })
  })
})

describe('what is wrong with the arguments', () => {
  it('is a service that is not offered, or not in this version', () => {
    expect(() => c.dynamic('Nothing')).toThrow(ServiceNotFoundError)
    expect(() => c.dynamic('Nothing')).toThrow(
      "service 'Nothing' not offered by producer (offered: Echo v1, Counter v2, Numbers v1, Numbers v3)",
    )
    expect(() => c.dynamic('Numbers', { version: 2 })).toThrow("service 'Numbers' v2 not offered")
    expect(() => c.dynamic('')).toThrow(AsterError)
    expect(() => c.dynamic('Echo', { channel: 'fast' })).toThrow("no channel 'fast'")
  })

  it('is a session service for dynamic(), and a shared one for dynamicSession()', async () => {
    expect(() => c.dynamic('Counter')).toThrow("offers it as 'session': use dynamicSession()")
    await expect(c.dynamicSession('Echo')).rejects.toThrow("offers it as 'shared': use dynamic()")
  })

  it.each([
    ['', 'an empty one'],
    [undefined, 'nothing'],
    [7, 'the integer 7'],
  ])('is %j as a method', async (method, found) => {
    const echo = c.dynamic('Echo')
    const expected = {
      code: StatusCode.INVALID_ARGUMENT,
      message: `service 'Echo': expected the wire name of a method as a string, found ${found}`,
    }
    const name = method as string
    expect(await failure(echo.call(name, {}))).toMatchObject(expected)
    expect(await failure(echo.clientStream(name, []))).toMatchObject(expected)
    expect(() => echo.serverStream(name, {})).toThrow(expected.message)
    expect(() => echo.bidiStream(name)).toThrow(expected.message)
  })

  it('is no request, and a request that JSON cannot hold', async () => {
    const echo = c.dynamic('Echo')
    for (const request of [undefined, null]) {
      expect(await failure(echo.call('echo', request))).toMatchObject({
        code: StatusCode.INVALID_ARGUMENT,
        message: `Echo.echo: expected a request, found ${request === null ? 'null' : 'nothing'}`,
      })
    }
    expect(await failure(echo.call('echo', { text: new Date(0) }))).toMatchObject({
      code: StatusCode.INVALID_ARGUMENT,
      message: expect.stringContaining('text: expected a JSON value (any), found an object of class Date'),
    })
    expect(await failure(echo.clientStream('add_up', 7 as never))).toMatchObject({ code: StatusCode.INVALID_ARGUMENT })
  })
})

describe('a session', () => {
  it('keeps its state, in every pattern, in order', async () => {
    await using session = await c.dynamicSession('Counter')
    const [first, second] = await Promise.all([session.call('add', { count: 1 }), session.call('add', { count: 2 })])
    expect([first, second]).toEqual([
      { text: 'total', count: 1 },
      { text: 'total', count: 3 },
    ])
    expect(await collect(session.stream('history', { count: 2 }))).toEqual([
      { text: 'h', count: 3 },
      { text: 'h', count: 4 },
    ])
    expect(await session.clientStream('add_all', [{ count: 3 }, { count: 4 }])).toEqual({ text: 'total', count: 10 })
    const chat = session.bidiStream('chat')
    await chat.send({ text: 'q', count: 5 })
    expect(await chat.recv()).toEqual({ text: 'q', count: 15 })
    chat.finish()
    expect(await chat.recv()).toBeUndefined()
  })

  it('continues after a cancelled bidi call if it knows a unary method', async () => {
    await using session = await c.dynamicSession('Counter')
    await session.call('add', { count: 1 })
    const chat = session.bidiStream('chat')
    await chat.send({ text: 'q', count: 1 })
    await chat.recv()
    chat.cancel()
    expect(await session.call('add', {})).toEqual({ text: 'total', count: 2 })
  })

  it('is closed at the end of its scope', async () => {
    {
      await using session = await c.dynamicSession('Counter')
      await session.call('add', {})
    }
    await watch.saw('closed')
  })
})
