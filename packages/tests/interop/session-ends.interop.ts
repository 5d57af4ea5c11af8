// Events that end a session of Python, and events that do not. In every case the next call is answered correctly or UNAVAILABLE.
import {
  type BidiChannel,
  bidiStream,
  clientStream,
  type Codec,
  defineService,
  serverStream,
  type Session,
  StatusCode,
  t,
  unary,
} from '@aster/client'
import { CallHeader } from '@aster/rpc-core/protocol'
import { collect } from '@aster/test-services'
import { describe, expect, it } from 'vitest'
import { Answer, Ask, Counter } from './services.ts'
import { expectUsable, failure, modes, unfinished, withProducer, withSessions } from './with-python.ts'

const python = withProducer()

type Counting = Session<typeof Counter>

/** `Counter` with methods that the producer does not have. */
const Wider = defineService({
  name: 'Counter',
  version: 2,
  scope: 'session',
  methods: {
    add: unary(Ask, Answer),
    noUnary: unary(Ask, Answer),
    noServerStream: serverStream(Ask, Answer),
    noClientStream: clientStream(Ask, Answer),
    noBidi: bidiStream(Ask, Answer),
  },
})

const isOver = { code: StatusCode.UNAVAILABLE, message: expect.stringMatching(/^the session of 'Counter' is over: /) }

async function expectOver(session: Pick<Counting, 'add'>): Promise<void> {
  for (let i = 0; i < 2; i++) expect(await failure(session.add({ count: 1 }))).toMatchObject(isOver)
}

/** Returns a codec that changes the headers of calls, and writes a message with the text BAD as garbage. */
function spoiling(
  codec: Codec,
  change: (header: t.Infer<typeof CallHeader>) => object | Uint8Array = (header) => header,
) {
  const spoilt: Codec = {
    mode: codec.mode,
    encode(type, value) {
      if ((value as { text?: unknown }).text === 'BAD') return Uint8Array.of(1, 2, 3, 4)
      if ((type as unknown) !== CallHeader) return codec.encode(type, value)
      const header = change(value as never)
      return header instanceof Uint8Array ? header : codec.encode(CallHeader, header)
    },
    decode: (type, bytes) => codec.decode(type, bytes),
  }
  return spoilt
}

/** Returns a change of the first header only. */
function once(change: (header: t.Infer<typeof CallHeader>) => object | Uint8Array) {
  let done = false
  return (header: t.Infer<typeof CallHeader>) => {
    if (done) return header
    done = true
    return change(header)
  }
}

describe.each(modes)('a session with Python in %s', (mode) => {
  const { codec, say, since, untilClosed, open } = withSessions(python, mode)

  // Some sessions are silent for the second after which they count as over; they run concurrently.
  describe.concurrent('is over after', () => {
    it.each([
      ['unary', (session: Session<typeof Wider>) => session.noUnary({})],
      ['server stream', (session) => collect(session.noServerStream({}))],
      ['client stream', (session) => session.noClientStream([{}, {}])],
      ['bidi', (session) => session.noBidi().recv()],
    ] satisfies [string, (session: Session<typeof Wider>) => Promise<unknown>][])(
      'an unknown method, %s',
      async (_pattern, call) => {
        await using session = await python.client.session(Wider, { codec })
        expect(await failure(call(session))).toMatchObject({ code: StatusCode.UNIMPLEMENTED })
        // A call that does not wait for the check leaves its result to the next call.
        expect(await failure(session.add({}, { timeoutMs: 50 }))).toMatchObject({
          code: expect.toBeOneOf([StatusCode.DEADLINE_EXCEEDED, StatusCode.UNAVAILABLE]),
        })
        await expectOver(session)
      },
    )

    const keys = Array.from({ length: 65 }, (_, i) => `k${i}`)
    it.each([
      ['a header that cannot be read', () => Uint8Array.of(1, 2, 3), StatusCode.INTERNAL],
      [
        'metadata over its limits',
        (header) => ({ ...header, metadataKeys: keys, metadataValues: keys }),
        StatusCode.RESOURCE_EXHAUSTED,
      ],
      [
        'a refusal before the handler: a deadline that has passed',
        (header) => ({ ...header, deadlineEpochMs: 1 }),
        StatusCode.DEADLINE_EXCEEDED,
      ],
    ] satisfies [string, (header: t.Infer<typeof CallHeader>) => object | Uint8Array, StatusCode][])(
      '%s',
      async (_what, change, code) => {
        await using session = await python.client.session(Counter, { codec: spoiling(codec, once(change)) })
        expect(await failure(session.add({ count: 1 }))).toMatchObject({ code })
        await expectOver(session)
      },
    )

    it('a bidi call whose handler ended before its requests did', async () => {
      await using session = await open()
      const chat = session.chat()
      await Promise.all([chat.send({ text: 'end' }), chat.send({ text: 'more' })]).catch(() => {})
      chat.finish()
      expect(await chat.recv()).toBeUndefined()
      await expectOver(session)
    })

    it('a bidi call whose handler ended before the requests were ended', async () => {
      await using session = await open()
      const chat = session.chat()
      void chat.send({ text: 'end' })
      chat.finish()
      expect(await chat.recv()).toBeUndefined()
      await expectOver(session)
    })

    it('a bidi call whose handler failed with requests under way', async () => {
      await using session = await open()
      const chat = session.chat()
      await Promise.all([chat.send({ text: 'fail' }), chat.send({ text: 'more' })]).catch(() => {})
      expect(await failure(chat.recv())).toMatchObject({ code: StatusCode.ABORTED })
      await expectOver(session)
    })

    it('a bidi call whose caller only sends, and learns of the end by `send`', async () => {
      await using session = await open()
      const chat = session.chat()
      await chat.send({ text: 'end' })
      const sending = (async () => {
        for (;;) await chat.send({ text: 'more' })
      })()
      expect(await failure(sending)).toMatchObject({ message: 'send after the end of the call' })
      await expectOver(session)
    })

    it('a bad request in a client stream', async () => {
      await using session = await python.client.session(Counter, { codec: spoiling(codec) })
      expect(await failure(session.addAll([{ count: 1 }, { text: 'BAD' }, { count: 1 }]))).toMatchObject({
        code: StatusCode.INTERNAL,
      })
      await expectOver(session)
    })
  })

  describe('goes on after', () => {
    it('a request that cannot be read', async () => {
      await using session = await python.client.session(Counter, { codec: spoiling(codec) })
      expect(await failure(session.add({ text: 'BAD' }))).toMatchObject({ code: StatusCode.INTERNAL })
      await expectUsable(session)
      expect(await failure(collect(session.history({ text: 'BAD' })))).toMatchObject({ code: StatusCode.INTERNAL })
      await expectUsable(session, 2)
    })

    it('a request with a field that the producer does not know', async () => {
      const WiderAsk = t.struct('interop/Ask', { text: t.string, count: t.int, extra: t.string })
      const Other = defineService({
        name: 'Counter',
        version: 2,
        scope: 'session',
        methods: { add: unary(Ask, Answer), text: unary(WiderAsk, Answer) },
      })
      await using session = await python.client.session(Other, { codec })
      expect(await failure(session.text({ extra: 'x' }))).toMatchObject({ code: StatusCode.INTERNAL })
      await expectUsable(session)
    })

    it('a bad request at the end of a bidi call', async () => {
      await using session = await python.client.session(Counter, { codec: spoiling(codec) })
      const chat = session.chat()
      await chat.send({ text: 'BAD' })
      expect(await failure(chat.recv())).toMatchObject({ code: StatusCode.INTERNAL })
      await expectUsable(session)
    })

    it('a deadline that the producer meets first', async () => {
      const soon = once((header) => ({ ...header, deadlineEpochMs: Date.now() + 400 }))
      await using session = await python.client.session(Counter, { codec: spoiling(codec, soon) })
      const counts = await since('Counter.sleep')
      expect(await failure(session.sleep({ count: 20_000 }))).toMatchObject({ code: StatusCode.DEADLINE_EXCEEDED })
      await expectUsable(session)
      expect(await counts()).toEqual({ started: 1, cancelled: 1 })
    })
  })

  describe('is closed', () => {
    async function chatting(channel: BidiChannel<unknown, unknown>, onAnswer: () => void): Promise<unknown> {
      await channel.send({ text: 'q' })
      await channel.recv()
      onAnswer()
      return channel.recv()
    }
    const rows: [string, (session: Counting, onAnswer: () => void) => Promise<unknown>, object][] = [
      ['sleep', (session) => session.sleep({ count: 20_000 }), { started: 1, cancelled: 1 }],
      ['tick', (session) => collect(session.tick({ count: 30 })), { started: 1, cancelled: 1 }],
      ['add_all', (session) => session.addAll(unfinished(2)), {}],
      ['chat', (session, onAnswer) => chatting(session.chat(), onAnswer), { started: 1, ended: 1 }],
    ]
    it.each(rows)('while %s runs and another call waits', async (name, run, after) => {
      await untilClosed()
      const sessions = await since('Counter')
      const counts = await since(`Counter.${name}`)
      const session = await open()
      let answers = 0
      const running = failure(run(session, () => answers++))
      const waiting = failure(session.add({}))
      await expect.poll(counts).toEqual(name === 'add_all' ? {} : { started: 1 })
      // A handler that has yet to yield its answer is cancelled by the close.
      await expect.poll(() => answers).toBe(name === 'chat' ? 1 : 0)
      await session.close()
      for (const call of [running, waiting]) expect(await call).toMatchObject(isOver)
      await expectOver(session)
      await expect.poll(counts).toEqual(after)
      await expect.poll(sessions).toEqual({ opened: 1, closed: 1 })
    })

    it('250 times on one connection, idle and in the middle of a call, and frees the streams', async () => {
      const sessions = await since('Counter')
      for (let n = 0; n < 250; n++) {
        const session = await open()
        if (n % 3 === 1) await session.add({})
        const chat = session.chat()
        if (n % 3 === 2) {
          await chat.send({ text: 'q' })
          await chat.recv()
        }
        await session.close()
      }
      expect(await say({ timeoutMs: 10_000 })).toEqual({ text: 'hello ', count: 0 })
      await expect.poll(sessions).toEqual({ opened: 250, closed: 250 })
    })

    it('250 times when it was over, and frees the streams', async () => {
      for (let n = 0; n < 250; n++) {
        await using session = await open()
        const chat = session.chat()
        void chat.send({ text: 'end' })
        chat.finish()
        expect(await chat.recv()).toBeUndefined()
        expect(await failure(session.add({}))).toMatchObject(isOver)
      }
      expect(await say({ timeoutMs: 10_000 })).toEqual({ text: 'hello ', count: 0 })
    })
  })
})
