// Large messages, many items and many calls, to Python and back.
import { type Client, type Session, StatusCode } from '@aster/client'
import { collect } from '@aster/test-services'
import { beforeAll, describe, expect, it } from 'vitest'
import { Counter, Interop } from './services.ts'
import { patternBytes } from './values.ts'
import { codecFor, countsSince, failure, modes, numbered, withProducer } from './with-python.ts'

const python = withProducer()

const exhausted = { code: StatusCode.RESOURCE_EXHAUSTED }

describe.each(modes)('Python in %s', (mode) => {
  let interop: Client<typeof Interop>
  const codec = codecFor(mode)
  const open = (): Promise<Session<typeof Counter>> => python.client.session(Counter, { codec })
  beforeAll(async () => {
    interop = await python.client.client(Interop, { codec })
  })

  describe.each([
    ['that shrinks', 'abc '.repeat(50_000)],
    ['that does not', Buffer.from(patternBytes(100_000)).toString('base64')],
  ])('receives and returns strings of 4,097 characters and more, %s', (_how, long) => {
    const texts = [4_090, 4_097, 20_000, long.length].map((length) => long.slice(0, length))

    it('in a unary call', async () => {
      for (const text of texts)
        expect(await interop.say({ text, count: 1 })).toEqual({ text: `hello ${text}`, count: 1 })
    })

    it('in a server stream', async () => {
      for (const text of texts) expect(await collect(interop.countUp({ text, count: 3 }))).toEqual(numbered(text, 3))
    })

    it('in a client stream', async () => {
      expect(await interop.addUp(texts.map((text) => ({ text, count: 1 })))).toEqual({
        text: texts.join(','),
        count: texts.length,
      })
    })

    it('in a bidi call', async () => {
      await using chat = interop.chat()
      for (const text of texts) {
        await chat.send({ text, count: 1 })
        expect(await chat.recv()).toEqual({ text: `echo ${text}`, count: 2 })
      }
      chat.finish()
      expect(await chat.recv()).toBeUndefined()
    })

    it('in a session, in every pattern', async () => {
      await using session = await open()
      const chat = session.chat()
      for (const text of texts) {
        await chat.send({ text })
        expect(await chat.recv()).toEqual({ text, count: 0 })
      }
      chat.finish()
      expect(await chat.recv()).toBeUndefined()
      for (const text of texts) {
        expect(await session.text({ text, count: 2 })).toEqual({ text: text.repeat(2), count: 2 })
        expect(await collect(session.history({ text, count: 2 }))).toEqual(numbered('h', 2))
      }
      expect(await session.addAll(texts.map((text) => ({ text, count: 1 })))).toEqual({ text: 'total', count: 4 })
    })
  })

  it('is not sent a request over 16 MiB', async () => {
    const text = 'x'.repeat((16 << 20) + 1)
    await using session = await open()
    for (const [name, call] of [
      ['Interop.sleep', () => interop.sleep({ text })],
      ['Interop.tick', () => collect(interop.tick({ text }))],
      ['Interop.add_up', () => interop.addUp([{}, { text }, {}])],
      ['Counter.sleep', () => session.sleep({ text })],
      ['Counter.add_all', () => session.addAll([{}, { text }, {}])],
    ] as const) {
      const counts = await countsSince(interop, name)
      expect(await failure(call())).toMatchObject(exhausted)
      expect(await session.context({})).toMatchObject({ count: 0 })
      expect(await counts()).toEqual({})
    }
    for (const chat of [interop.chat(), session.chat()]) {
      await chat.send({ text: 'a' })
      await chat.recv()
      expect(await failure(chat.send({ text }))).toMatchObject(exhausted)
      expect(await failure(chat.recv())).toMatchObject(exhausted)
    }
    expect(await session.context({})).toMatchObject({ count: 0 })
  })

  it('cannot return a response over 16 MiB', async () => {
    const tooLong = { text: 'xyzt', count: (16 << 20) / 4 + 1 }
    // In XLANG the response is compressed and sent, and this side refuses it; in JSON Python refuses to write it.
    const code = mode === 'xlang' ? StatusCode.RESOURCE_EXHAUSTED : StatusCode.UNKNOWN
    expect(await failure(interop.text(tooLong))).toMatchObject({ code })
    await using session = await open()
    const failed = await failure(session.text(tooLong))
    const next = session.add({ count: 1 })
    if (mode === 'xlang') {
      expect(failed).toMatchObject({ code })
      expect(await next).toEqual({ text: 'total', count: 1 })
    } else {
      // The session ends with this error.
      expect(failed).toMatchObject({ code: StatusCode.INTERNAL })
      expect(await failure(next)).toMatchObject({ code: StatusCode.UNAVAILABLE })
    }
    expect(await interop.say({ text: 'next' })).toEqual({ text: 'hello next', count: 0 })
  })

  // Takes Python 15 s.
  it.runIf(mode === 'xlang')('accepts 100,000 requests of a client stream, and no more', async () => {
    const counts = await countsSince(interop, 'Interop.add_up')
    expect(await failure(interop.addUp(Array.from({ length: 100_001 }, () => ({}))))).toMatchObject(exhausted)
    expect(await counts()).toEqual({})
  })

  it('answers 150 calls of each pattern at once, some of which wait for a stream', async () => {
    const asks = numbered('n', 150)
    const [said, ticked, added, chatted] = await Promise.all([
      Promise.all(asks.map(() => interop.sleep({ count: 30 }))),
      Promise.all(asks.map(() => collect(interop.tick({ text: '3', count: 5 })))),
      Promise.all(asks.map(({ count }) => interop.addUp([{ count }, { count: 1 }]))),
      Promise.all(
        asks.map(async (ask) => {
          await using chat = interop.chat()
          await chat.send(ask)
          return await chat.recv()
        }),
      ),
    ])
    expect(said).toEqual(asks.map(() => ({ text: 'slept', count: 30 })))
    expect(ticked).toEqual(asks.map(() => numbered('tick', 3)))
    expect(added).toEqual(asks.map(({ count }) => ({ text: ',', count: count + 1 })))
    expect(chatted).toEqual(asks.map(({ count }) => ({ text: 'echo n', count: count + 1 })))
  })
})
