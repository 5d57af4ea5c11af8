// AsterClient against the Python producer: every pattern of a shared service, in XLANG and in JSON.
import {
  AsterClient,
  type Client,
  defineService,
  ForyCodec,
  ServiceNotFoundError,
  StatusCode,
  t,
  unary,
} from '@aster/client'
import { parseAddress } from '@aster/identity'
import { createClient, openSession } from '@aster/rpc-client'
import { RPC_ALPN } from '@aster/rpc-core/protocol'
import { IrohTransport } from '@aster/transport-iroh'
import { collect } from '@aster/test-services'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type PythonProducer, startProducer } from './python-producer.ts'
import { Answer, Ask, Color, Counter, Interop, Later, Level } from './services.ts'
import { fullPlain, patternBytes } from './values.ts'
import { codecFor, config, failure, modes, numbered } from './with-python.ts'

describe.each(modes)('calls to Python in %s', (mode) => {
  let producer: PythonProducer
  let c: AsterClient
  let interop: Client<typeof Interop>
  const codec = codecFor(mode)

  beforeAll(async () => {
    producer = await startProducer()
    c = await AsterClient.connect({ config, endpointAddr: producer.ticket })
    interop = await c.client(Interop, { codec })
  })
  afterAll(async () => {
    await c.close()
    await producer.stop()
  })

  it('are admitted, and the answer lists the services', () => {
    expect(c.services.map((s) => `${s.name} v${s.version} ${s.pattern}`)).toEqual([
      'Interop v1 shared',
      'Counter v2 session',
      'Later v3 shared',
      'Guarded v1 shared',
    ])
    expect(c.services[0]?.contractId).toMatch(/^[0-9a-f]{64}$/)
    expect(c.services[0]?.serializationModes).toEqual(['xlang'])
  })

  it.each(['address', 'ticket'] as const)('accept the %s of the producer', async (form) => {
    await using other = await AsterClient.connect({ config, endpointAddr: producer[form] })
    expect(other.services).toHaveLength(4)
  })

  describe('unary', () => {
    it('answers', async () => {
      expect(await interop.say({ text: 'ada', count: 3 })).toEqual({ text: 'hello ada', count: 3 })
      expect(await interop.say({})).toEqual({ text: 'hello ', count: 0 })
      expect(await interop.say({ text: '漢字 🎉 \u0000', count: -1 })).toEqual({
        text: 'hello 漢字 🎉 \u0000',
        count: -1,
      })
    })

    it('carries every type back and forth', async () => {
      expect(await interop.plain(fullPlain)).toEqual(fullPlain)
      const defaults = await interop.plain({})
      expect(await interop.plain(defaults)).toEqual(defaults)
    })

    it.runIf(mode === 'xlang')('carries bytes and enums, which JSON cannot carry', async () => {
      const everything = { ...fullPlain, blob: Uint8Array.of(0, 1, 255), ratios: [0.5, -1e300] }
      expect(await interop.echo(everything)).toEqual(everything)
      const paint = { color: Color.members.BLUE, level: Level.members.HIGH, name: 'p' }
      expect(await interop.paint(paint)).toEqual(paint)
    })

    it.runIf(mode === 'xlang').each([0, 1, 4096, 65_536, 1 << 20])('carries %i bytes', async (length) => {
      const data = patternBytes(length)
      expect(Buffer.compare((await interop.blob({ data })).data, data)).toBe(0)
    })

    it.runIf(mode === 'xlang')('carries compressed responses of 1 MiB', async () => {
      const { data } = await interop.make({ text: 'zero', count: 1 << 20 })
      expect(Buffer.compare(data, new Uint8Array(1 << 20))).toBe(0)
    })

    it.each([4_000, 5_000, 1 << 20])('carries a string of %i characters both ways', async (length) => {
      const text = 'ab'.repeat(length / 2)
      expect(await interop.say({ text, count: 1 })).toEqual({ text: `hello ${text}`, count: 1 })
      expect((await interop.text({ text: 'xyz-', count: length / 4 })).text).toBe('xyz-'.repeat(length / 4))
    })

    it('answers 200 calls at once on one connection, each with its own answer', async () => {
      const all = await Promise.all(numbered('n', 200).map((ask) => interop.say(ask)))
      expect(all).toEqual(numbered('hello n', 200))
    })

    it('returns the credit for streams: 300 calls, one after another', async () => {
      for (let count = 0; count < 300; count++) expect(await interop.say({ count })).toEqual({ text: 'hello ', count })
    })
  })

  describe('errors', () => {
    const codes = Object.values(StatusCode).filter((code) => code !== StatusCode.OK)
    it.each(codes)('delivers status %i and its message', async (code) => {
      expect(await failure(interop.fail({ text: `message ${code}`, count: code }))).toMatchObject({
        code,
        message: `message ${code}`,
      })
    })

    it('delivers empty and non-Latin messages', async () => {
      expect(await failure(interop.fail({ text: '', count: 5 }))).toMatchObject({ code: 5, message: '' })
      expect(await failure(interop.fail({ text: 'ünï ✗', count: 5 }))).toMatchObject({ code: 5, message: 'ünï ✗' })
    })

    it('delivers an exception as UNKNOWN', async () => {
      expect(await failure(interop.fail({ text: 'crash' }))).toMatchObject({
        code: StatusCode.UNKNOWN,
        message: expect.stringContaining('handler crashed'),
      })
    })

    it('treats an OK without a response as an error', async () => {
      expect(await failure(interop.fail({ text: 'fine', count: 0 }))).toMatchObject({ code: StatusCode.INTERNAL })
    })

    it('reports at once that a service or version is not offered', async () => {
      const Nope = defineService({ name: 'Nope', methods: { say: unary(Ask, Answer) } })
      await expect(c.client(Nope)).rejects.toThrow(ServiceNotFoundError)
      await expect(c.client(Nope)).rejects.toThrow(/^service 'Nope' v1 not offered by producer \(offered: Interop v1, /)
      await expect(
        c.client(defineService({ name: 'Interop', version: 9, methods: { say: unary(Ask, Answer) } })),
      ).rejects.toThrow("service 'Interop' v9 not offered")
    })

    it('reports a missing service by the producer’s status if the client did not look it up', async () => {
      await using transport = await IrohTransport.bind({ relayMode: 'disabled', bindAddr: '127.0.0.1:0' })
      const connection = await transport.connect(parseAddress(producer.ticket), { alpn: RPC_ALPN })
      const options = { connection, codec, statusCodec: new ForyCodec() }
      const session = await openSession({ ...Interop, scope: 'session' }, options)
      await using unknown = await openSession({ ...Counter, version: 9 }, options)
      for (const [call, code] of [
        [() => createClient({ ...Interop, name: 'Nope' }, options).say({}), StatusCode.NOT_FOUND],
        [() => createClient({ ...Interop, version: 9 }, options).say({}), StatusCode.NOT_FOUND],
        [() => createClient({ ...Interop, version: 0 }, options).say({}), StatusCode.NOT_FOUND],
        [() => createClient({ ...Counter, scope: 'shared' }, options).add({}), StatusCode.FAILED_PRECONDITION],
        [() => session.say({}), StatusCode.FAILED_PRECONDITION],
        [() => unknown.add({}), StatusCode.NOT_FOUND],
      ] as const)
        expect(await failure(call())).toMatchObject({ code })
      await session.close()
    })

    it('calls a service of another version than 1', async () => {
      const later = await c.client(Later, { codec })
      expect(await later.say({ text: 'x' })).toEqual({ text: 'later x', count: 3 })
    })

    it('delivers the error of an unknown method', async () => {
      const Wider = defineService({ name: 'Interop', methods: { nope: unary(Ask, Answer) } })
      expect(await failure((await c.client(Wider, { codec })).nope({}))).toMatchObject({
        code: StatusCode.UNIMPLEMENTED,
      })
    })

    it('delivers the error of a field that the producer does not know', async () => {
      const WiderAsk = t.struct('interop/Ask', { text: t.string, count: t.int, extra: t.string })
      const Wider = defineService({ name: 'Interop', methods: { say: unary(WiderAsk, Answer) } })
      const code = mode === 'json' ? StatusCode.CONTRACT_VIOLATION : StatusCode.UNKNOWN
      expect(await failure((await c.client(Wider, { codec })).say({ extra: 'x' }))).toMatchObject({ code })
    })

    it('names a response field that does not match the definition', async () => {
      const Other = t.struct('interop/Answer', { text: t.string, total: t.int })
      const Changed = defineService({ name: 'Interop', methods: { say: unary(Ask, Other) } })
      const error = await failure((await c.client(Changed, { codec })).say({}))
      expect(error.code).toBe(StatusCode.CONTRACT_VIOLATION)
      expect(error.message).toContain('Interop.say')
    })
  })

  describe('streams', () => {
    it.each([0, 1, 3, 500])('receives %i responses', async (count) => {
      expect(await collect(interop.countUp({ text: 't', count }))).toEqual(numbered('t', count))
    })

    it.each([0, 1, 3, 500])('sends %i requests', async (count) => {
      const sum = numbered('w', count).reduce((total, item) => total + item.count, 0)
      expect(await interop.addUp(numbered('w', count))).toEqual({
        text: Array.from({ length: Math.min(count, 50) }, () => 'w').join(','),
        count: sum,
      })
    })

    it('delivers errors before and after responses', async () => {
      expect(await failure(collect(interop.countUp({ text: 'first', count: 2 })))).toMatchObject({
        code: StatusCode.ABORTED,
        message: 'failed before the items',
      })
      const seen: number[] = []
      const run = async () => {
        for await (const { count } of interop.countUp({ text: 'fail', count: 2 })) seen.push(count)
      }
      expect(await failure(run())).toMatchObject({ code: StatusCode.ABORTED, message: 'failed after the items' })
      expect(seen).toEqual([0, 1])
      expect(await failure(collect(interop.countUp({ text: 'crash', count: 2 })))).toMatchObject({
        code: StatusCode.UNKNOWN,
      })
      expect(await failure(interop.addUp([{ count: 1 }, { text: 'fail' }, { count: 1 }]))).toMatchObject({
        code: StatusCode.ABORTED,
        message: 'add_up failed',
      })
    })

    it.runIf(mode === 'xlang')('receives large items', async () => {
      const items = await collect(interop.makeMany({ text: '3', count: 300_000 }))
      expect(items.map(({ data }) => Buffer.compare(data, patternBytes(300_000)))).toEqual([0, 0, 0])
    })
  })

  describe('bidi', () => {
    it.each([0, 1, 3, 200])('sends and receives %i messages, in turn', async (count) => {
      await using chat = interop.chat()
      for (const ask of numbered('a', count)) {
        await chat.send(ask)
        expect(await chat.recv()).toEqual({ text: 'echo a', count: ask.count + 1 })
      }
      chat.finish()
      expect(await chat.recv()).toBeUndefined()
    })

    it('sends 200 messages first, and receives as many', async () => {
      await using chat = interop.chat()
      for (const ask of numbered('a', 200)) await chat.send(ask)
      chat.finish()
      expect(await collect(chat)).toEqual(numbered('echo a', 200, 1))
    })

    it('lets the producer speak first and last', async () => {
      await using talk = interop.talk()
      expect(await talk.recv()).toEqual({ text: 'welcome', count: 0 })
      await talk.send({ text: 'a' })
      expect(await talk.recv()).toEqual({ text: 'A', count: 1 })
      talk.finish()
      expect(await talk.recv()).toEqual({ text: 'goodbye', count: 1 })
      expect(await talk.recv()).toBeUndefined()
    })

    it('delivers the handler’s error and its early end', async () => {
      await using failing = interop.chat()
      await failing.send({ text: 'a', count: 1 })
      expect(await failing.recv()).toEqual({ text: 'echo a', count: 2 })
      await failing.send({ text: 'fail' })
      expect(await failure(failing.recv())).toMatchObject({ code: StatusCode.ABORTED, message: 'chat failed' })
      await using ending = interop.chat()
      await ending.send({ text: 'end' })
      expect(await ending.recv()).toBeUndefined()
    })
  })
})
