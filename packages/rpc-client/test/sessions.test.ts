import { ForyCodec } from '@aster/codec-fory'
import { JsonCodec } from '@aster/codec-json'
import { createClient, openSession } from '@aster/rpc-client'
import { RpcError, StatusCode } from '@aster/rpc-core'
import {
  collect,
  CounterService,
  counterService,
  EchoService,
  echoService,
  numbered,
  Watch,
} from '@aster/test-services'
import { memoryPair } from '@aster/transport-memory'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { codecs } from './codecs.ts'
import { type ServedPair, servePair, transports } from './served-pair.ts'

describe.each(transports)('sessions over %s', (over) => {
  describe.each(Object.entries(codecs))('in %s', (_mode, codec) => {
    let watch: Watch
    let pair: ServedPair
    const options = () => ({ connection: pair.client, codec: codec(), statusCodec: new ForyCodec() })
    const open = () => openSession(CounterService, options())

    beforeEach(async () => {
      watch = new Watch()
      const services = [counterService(watch), echoService()]
      pair = await servePair(over, { services, codecs: [new ForyCodec(), new JsonCodec()] })
    })
    afterEach(() => pair.close())

    it('keeps its state from call to call, and another session has its own', async () => {
      await using a = await open()
      await using b = await open()
      expect(await a.add({ count: 1 })).toEqual({ text: 'total', count: 1 })
      expect(await b.add({ count: 10 })).toEqual({ text: 'total', count: 10 })
      expect(await a.add({ count: 1 })).toEqual({ text: 'total', count: 2 })
    })

    it('disposes of its instance exactly once', async () => {
      const session = await open()
      await session.add({})
      await session.close()
      await session.close()
      await watch.saw('closed')
      await expect(session.add({})).rejects.toMatchObject({
        code: StatusCode.UNAVAILABLE,
        message: expect.stringContaining('it is closed'),
      })
      pair.client.close()
      await Promise.resolve()
      expect(watch.events).toEqual(['opened', 'closed'])
    })

    it('runs calls one after another, in the order in which they were made', async () => {
      await using session = await open()
      const results = await Promise.all([
        session.add({ count: 1 }),
        collect(session.history({ count: 2 })),
        session.add({ count: 1 }),
        session.addAll([{ count: 5 }, { count: 5 }]),
        session.add({}),
      ])
      expect(
        results.map((result) => (Array.isArray(result) ? result.map(({ count }) => count) : result.count)),
      ).toEqual([1, [1, 2], 2, 12, 12])
    })

    it('has every pattern, with 0, 1 and many items', async () => {
      await using session = await open()
      for (const count of [0, 1, 50]) {
        expect(await collect(session.history({ count }))).toHaveLength(count)
        await session.addAll(numbered(count))
        const chat = session.chat()
        for (const item of numbered(count)) {
          await chat.send(item)
          expect(await chat.recv()).toMatchObject({ text: 'n' })
        }
        chat.finish()
        expect(await chat.recv()).toBeUndefined()
      }
      expect(await session.add({})).toMatchObject({ count: 2 * (49 * 25) })
    })

    it('goes on after errors of handlers', async () => {
      await using session = await open()
      await expect(session.add({ text: 'fail', count: 1 })).rejects.toMatchObject({
        code: StatusCode.INVALID_ARGUMENT,
        message: 'no',
      })
      await expect(session.add({ text: 'crash', count: 1 })).rejects.toBeInstanceOf(RpcError)
      await expect(collect(session.history({ text: 'fail', count: 2 }))).rejects.toMatchObject({
        code: StatusCode.ABORTED,
      })
      await expect(session.addAll([{ count: 1 }, { text: 'fail' }, { count: 1 }])).rejects.toMatchObject({
        code: StatusCode.ABORTED,
      })
      await using chat = session.chat()
      await chat.send({ text: 'fail' })
      await expect(chat.recv()).rejects.toMatchObject({ code: StatusCode.ABORTED })
      expect(await session.add({ count: 1 })).toEqual({ text: 'total', count: 4 })
    })

    it('goes on after a bidi call that the handler ended first', async () => {
      await using session = await open()
      const chat = session.chat()
      await chat.send({ text: 'end' })
      expect(await chat.recv()).toBeUndefined()
      expect(await session.add({ count: 1 })).toEqual({ text: 'total', count: 1 })
    })

    it('cancels one call and stays usable: unary', async () => {
      await using session = await open()
      const controller = new AbortController()
      const call = session.wait({}, { signal: controller.signal })
      await watch.saw('wait started')
      controller.abort()
      await expect(call).rejects.toMatchObject({ code: StatusCode.CANCELLED })
      expect(await session.add({ count: 1 })).toEqual({ text: 'total', count: 1 })
      expect(watch.events).toContain('wait aborted: CANCELLED')
    })

    it('cancels one call and stays usable: server stream', async () => {
      await using session = await open()
      for await (const { count } of session.endless({})) if (count === 3) break
      expect(await session.add({ count: 1 })).toEqual({ text: 'total', count: 1 })
      await watch.saw('endless ended')
    })

    it('cancels one call and stays usable: client stream', async () => {
      await using session = await open()
      const controller = new AbortController()
      async function* source() {
        yield { count: 1 }
        controller.abort()
        yield { count: 1 }
      }
      await expect(session.addAll(source(), { signal: controller.signal })).rejects.toMatchObject({
        code: StatusCode.CANCELLED,
      })
      expect((await session.add({})).count).toBeLessThan(2)
    })

    it('cancels one call and stays usable: bidi, before and after its requests are complete', async () => {
      await using session = await open()
      {
        await using chat = session.chat()
        await chat.send({ text: 'q', count: 1 })
        await chat.recv()
      }
      expect(await session.add({ count: 1 })).toEqual({ text: 'total', count: 2 })
      {
        await using chat = session.chat()
        await chat.send({ text: 'q', count: 1 })
        chat.finish()
      }
      expect((await session.add({ count: 1 })).text).toBe('total')
    })

    it('returns a response of its own to each of several readers of a stream, in order', async () => {
      await using session = await open()
      const stream = session.history({ count: 3 })
      const steps = await Promise.all(Array.from({ length: 4 }, () => stream.next()))
      expect(steps.map((step) => step.value?.count)).toEqual([0, 1, 2, undefined])
    })

    it('reports the end of a bidi call to a caller that only sends', async () => {
      await using session = await open()
      const chat = session.chat()
      await chat.send({ text: 'end' })
      const sending = (async () => {
        for (;;) await chat.send({ text: 'more' })
      })()
      await expect(sending).rejects.toMatchObject({ message: 'send after the end of the call' })
    })

    it('ends a bidi call with close, in the middle', async () => {
      const session = await open()
      const chat = session.chat()
      await chat.send({ text: 'q' })
      await chat.recv()
      await session.close()
      await expect(chat.recv()).rejects.toMatchObject({
        code: StatusCode.UNAVAILABLE,
        message: expect.stringContaining('it is closed'),
      })
      await expect(chat.send({})).rejects.toMatchObject({ code: StatusCode.UNAVAILABLE })
      await watch.saw('closed')
    })

    it('takes a call that waits for its turn out of the queue', async () => {
      await using session = await open()
      const first = session.wait({}, { timeoutMs: 60 })
      const controller = new AbortController()
      const second = session.add({ count: 1 }, { signal: controller.signal })
      controller.abort()
      await expect(second).rejects.toMatchObject({ code: StatusCode.CANCELLED })
      await expect(first).rejects.toMatchObject({ code: StatusCode.DEADLINE_EXCEEDED })
      expect(await session.add({ count: 5 })).toEqual({ text: 'total', count: 5 })
    })

    it('is UNAVAILABLE, and stays so, when the connection is gone', async () => {
      const session = await open()
      const running = session.wait({})
      await watch.saw('wait started')
      const waiting = session.add({})
      pair.client.close()
      await expect(running).rejects.toMatchObject({ code: StatusCode.UNAVAILABLE })
      await expect(waiting).rejects.toMatchObject({ code: StatusCode.UNAVAILABLE })
      await expect(session.add({})).rejects.toMatchObject({ code: StatusCode.UNAVAILABLE })
      await watch.saw('closed')
    })

    it('refuses a call of a session service without a session, and a session of a shared one', async () => {
      const call = createClient({ ...CounterService, scope: 'shared' }, options()).add({})
      await expect(call).rejects.toMatchObject({ code: StatusCode.FAILED_PRECONDITION })
      await expect(openSession(EchoService, options())).rejects.toThrow('is a shared service')
    })

    it('fails the first call if the producer has no such service', async () => {
      const session = await openSession({ ...CounterService, version: 9 }, options())
      await expect(session.add({})).rejects.toMatchObject({ code: StatusCode.NOT_FOUND })
      await session.close()
    })
  })
})

it('closes a session whose producer takes nothing, and ends the sends that wait', async () => {
  const [connection] = memoryPair()
  const session = await openSession(CounterService, { connection, codec: new ForyCodec() })
  const chat = session.chat()
  const sent = chat.send({ text: 'x'.repeat(1_000_000) }).then(() => chat.send({}))
  const unavailable = { code: StatusCode.UNAVAILABLE, message: expect.stringContaining('it is closed') }
  const failed = expect(sent).rejects.toMatchObject(unavailable)
  await session.close()
  await failed
  await expect(chat.recv()).rejects.toMatchObject(unavailable)
})
