// AsterClient against the Python producer: sessions, in XLANG and in JSON.
import { AsterClient, StatusCode } from '@aster/client'
import { collect } from '@aster/test-services'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type PythonProducer, startProducer } from './python-producer.ts'
import { Counter, Interop } from './services.ts'
import { codecFor, config, countsOf, failure, modes } from './with-python.ts'

describe.each(modes)('sessions with Python in %s', (mode) => {
  let producer: PythonProducer
  let c: AsterClient
  const codec = codecFor(mode)
  const open = () => c.session(Counter, { codec })

  beforeAll(async () => {
    producer = await startProducer()
    c = await AsterClient.connect({ config, endpointAddr: producer.ticket })
  })
  afterAll(async () => {
    await c.close()
    await producer.stop()
  })

  const counts = async (name: string) => countsOf(await c.client(Interop, { codec }), name)

  it('open and close, and the producer is notified', async () => {
    const before = await counts('Counter')
    const session = await open()
    await session.add({})
    await session.close()
    await expect.poll(async () => (await counts('Counter')).closed).toBe(before.closed + 1)
  })

  it('keep their state, each its own', async () => {
    await using a = await open()
    await using b = await open()
    expect(
      [await a.add({ count: 1 }), await b.add({ count: 10 }), await a.add({ count: 1 })].map(({ count }) => count),
    ).toEqual([1, 10, 2])
  })

  it('have every pattern, with 0, 1 and many items', async () => {
    await using session = await open()
    for (const count of [0, 1, 3, 100]) {
      expect(await collect(session.history({ count }))).toHaveLength(count)
      await session.addAll(Array.from({ length: count }, () => ({ count: 1 })))
      const chat = session.chat()
      for (let i = 0; i < count; i++) {
        await chat.send({ text: 'q', count: 1 })
        expect(await chat.recv()).toMatchObject({ text: 'q' })
      }
      chat.finish()
      expect(await chat.recv()).toBeUndefined()
    }
    expect(await session.add({})).toEqual({ text: 'total', count: 208 })
  })

  it('carry large messages both ways', async () => {
    await using session = await open()
    expect((await session.text({ text: 'xyz-', count: 1 << 17 })).text).toHaveLength(1 << 19)
    expect(await session.add({ text: 'z'.repeat(20_000), count: 1 })).toEqual({ text: 'total', count: 1 })
  })

  it('continue after errors of handlers', async () => {
    await using session = await open()
    expect(await failure(session.add({ text: 'fail', count: 1 }))).toMatchObject({
      code: StatusCode.INVALID_ARGUMENT,
      message: 'no',
    })
    expect(await failure(session.add({ text: 'crash', count: 1 }))).toMatchObject({
      message: expect.stringContaining('session handler crashed'),
    })
    expect(await failure(collect(session.history({ text: 'fail', count: 1 })))).toMatchObject({
      code: StatusCode.ABORTED,
      message: 'history failed',
    })
    expect(await session.add({ count: 1 })).toEqual({ text: 'total', count: 3 })
  })

  it('continue or are UNAVAILABLE at once after an error in a client stream or a bidi call', async () => {
    for (const run of [
      async (session: Awaited<ReturnType<typeof open>>) =>
        failure(session.addAll([{ count: 1 }, { text: 'fail' }, { count: 1 }])),
      async (session: Awaited<ReturnType<typeof open>>) => {
        const chat = session.chat()
        await chat.send({ text: 'fail' })
        return failure(chat.recv())
      },
    ]) {
      await using session = await open()
      expect(await run(session)).toMatchObject({ code: StatusCode.ABORTED })
      const next = await session.add({ count: 1 }).catch((error: unknown) => error)
      if ((next as { text?: string }).text !== 'total') expect(next).toMatchObject({ code: StatusCode.UNAVAILABLE })
    }
  })

  it('stay usable after a cancelled unary call', async () => {
    await using session = await open()
    const before = await counts('Counter.sleep')
    expect(await failure(session.sleep({ count: 5_000 }, { timeoutMs: 200 }))).toMatchObject({
      code: StatusCode.DEADLINE_EXCEEDED,
    })
    expect(await session.add({ count: 1 })).toEqual({ text: 'total', count: 1 })
    expect((await counts('Counter.sleep')).cancelled).toBe(before.cancelled + 1)
  })

  it('stay usable after a server stream that the caller leaves', async () => {
    await using session = await open()
    for await (const { count } of session.tick({ count: 10 })) if (count === 2) break
    expect(await session.add({ count: 1 })).toEqual({ text: 'total', count: 1 })
  })

  it('stay usable after a cancelled client stream, whose handler is never called', async () => {
    await using session = await open()
    const before = await counts('Counter.add_all')
    const controller = new AbortController()
    async function* source() {
      yield { count: 1 }
      controller.abort()
      yield { count: 1 }
    }
    expect(await failure(session.addAll(source(), { signal: controller.signal }))).toMatchObject({
      code: StatusCode.CANCELLED,
    })
    expect(await session.add({ count: 1 })).toEqual({ text: 'total', count: 1 })
    expect(await counts('Counter.add_all')).toEqual(before)
  })

  it('stay usable after a bidi call that is cancelled before or after the end of its requests', async () => {
    await using session = await open()
    for (const finish of [false, true]) {
      await using chat = session.chat()
      await chat.send({ text: 'q', count: 1 })
      await chat.recv()
      if (finish) chat.finish()
    }
    expect(await session.add({ count: 1 })).toEqual({ text: 'total', count: 3 })
  })

  it('run their calls one after another', async () => {
    await using session = await open()
    const all = await Promise.all(Array.from({ length: 50 }, () => session.add({ count: 1 })))
    expect(all.map(({ count }) => count)).toEqual(Array.from({ length: 50 }, (_, i) => i + 1))
  })

  it('deliver metadata to the handler', async () => {
    await using session = await open()
    const { text } = await session.context({}, { metadata: { a: '1' } })
    expect(JSON.parse(text)).toMatchObject({ metadata: { a: '1' } })
  })
})
