// A cancelled call leaves nothing in a session of Python that the next call could take for its own answer.
import { StatusCode } from '@aster/client'
import { collect } from '@aster/test-services'
import { describe, expect, it } from 'vitest'
import { Edges } from './services.ts'
import { expectUsable, failure, modes, unfinished, withProducer, withSessions } from './with-python.ts'

const python = withProducer(['--edges'])

describe.each(modes)('a session with Python in %s continues after the cancel of', (mode) => {
  const { codec, since, open } = withSessions(python, mode)
  const started = { started: 1 }

  it('a unary call, whose handler is cancelled', async () => {
    await using session = await open()
    const counts = await since('Counter.sleep')
    const controller = new AbortController()
    const failed = failure(session.sleep({ count: 20_000 }, { signal: controller.signal }))
    await expect.poll(counts).toEqual(started)
    controller.abort()
    expect(await failed).toMatchObject({ code: StatusCode.CANCELLED })
    await expectUsable(session)
    expect(await counts()).toEqual({ started: 1, cancelled: 1 })
  })

  it('a server stream, whose handler ends at its next item, and the caller at once', async () => {
    await using session = await open()
    const counts = await since('Counter.tick')
    const controller = new AbortController()
    const ticks = session.tick({ count: 600 }, { signal: controller.signal })
    await ticks.next()
    const failed = failure(ticks.next())
    controller.abort()
    expect(await failed).toMatchObject({ code: StatusCode.CANCELLED })
    expect(await counts()).toEqual(started)
    await expectUsable(session)
    expect(await counts()).toEqual({ started: 1, cancelled: 1 })
  })

  it('a server stream that ends instead of yielding another item', async () => {
    await using session = await open()
    const counts = await since('Counter.tick')
    const ticks = session.tick({ text: '2', count: 100 })
    await ticks.next()
    await ticks.next()
    await ticks.return?.()
    await expectUsable(session)
    expect(await counts()).toEqual({ started: 1, ended: 1 })
  })

  it('a client stream before its end, whose handler is never called', async () => {
    await using session = await open()
    const counts = await since('Counter.add_all')
    expect(await failure(session.addAll(unfinished(3), { timeoutMs: 50 }))).toMatchObject({
      code: StatusCode.DEADLINE_EXCEEDED,
    })
    await expectUsable(session)
    expect(await counts()).toEqual({})
  })

  it('a client stream whose handler has begun, which runs to its end', async () => {
    await using session = await python.client.session(Edges, { codec })
    const counts = await since('Edges.add_slowly')
    const controller = new AbortController()
    const failed = failure(session.addSlowly([{ count: 500 }], { signal: controller.signal }))
    await expect.poll(counts).toEqual(started)
    controller.abort()
    expect(await failed).toMatchObject({ code: StatusCode.CANCELLED })
    expect(await counts()).toEqual(started)
    await expectUsable(session)
    expect(await counts()).toEqual({ started: 1, ended: 1 })
  })

  it('a bidi call whose handler waits for a request, and sees the end of the requests', async () => {
    await using session = await open()
    const counts = await since('Counter.chat')
    {
      await using chat = session.chat()
      await chat.send({ text: 'q' })
      await chat.recv()
    }
    await expectUsable(session)
    expect(await counts()).toEqual({ started: 1, ended: 1 })
  })

  it('a bidi call whose handler works on a request, and ends after its answer', async () => {
    await using session = await open()
    const counts = await since('Counter.chat')
    const chat = session.chat()
    await chat.send({ text: 'sleep', count: 500 })
    const failed = failure(chat.recv())
    await expect.poll(counts).toEqual(started)
    chat.cancel()
    expect(await failed).toMatchObject({ code: StatusCode.CANCELLED })
    expect(await counts()).toEqual(started)
    await expectUsable(session, 500)
    expect(await counts()).toEqual({ started: 1, cancelled: 1 })
  })

  it.each(['fail', 'end'])('a bidi call whose handler ends at that moment: %s', async (text) => {
    for (let n = 0; n < 20; n++) {
      await using session = await open()
      const chat = session.chat()
      await chat.send({ text: 'q' })
      await chat.recv()
      await chat.send({ text })
      chat.cancel()
      await expectUsable(session)
    }
  })

  it('a bidi call whose requests are complete, and whose handler continues', async () => {
    await using session = await open()
    const counts = await since('Counter.chat')
    const chat = session.chat()
    await chat.send({ text: 'sleep', count: 300 })
    chat.finish()
    await expect.poll(counts).toEqual(started)
    chat.cancel()
    await expectUsable(session, 300)
    expect(await counts()).toEqual({ started: 1, ended: 1 })
  })

  it('a call that is answered at that moment', async () => {
    await using session = await open()
    for (let n = 1; n <= 20; n++) {
      const controller = new AbortController()
      const answer = session.add({ count: 1 }, { signal: controller.signal }).catch(() => undefined)
      await new Promise(setImmediate)
      controller.abort()
      await answer
      // The cancelled call may have counted or not, but the next answer is not its answer.
      expect(await collect(session.history({ count: 3 }))).toHaveLength(3)
    }
  })

  it('a call that waits for its turn', async () => {
    await using session = await open()
    const counts = await since('Counter.sleep')
    const first = session.sleep({ count: 300 })
    const second = failure(session.sleep({ count: 300 }, { timeoutMs: 20 }))
    expect(await second).toMatchObject({ code: StatusCode.DEADLINE_EXCEEDED })
    expect(await first).toEqual({ text: 'slept', count: 300 })
    await expectUsable(session)
    expect(await counts()).toEqual({ started: 1, ended: 1 })
  })
})
