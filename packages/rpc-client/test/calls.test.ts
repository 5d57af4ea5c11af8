import { ForyCodec } from '@aster/codec-fory'
import { JsonCodec } from '@aster/codec-json'
import { createClient } from '@aster/rpc-client'
import { RpcError, StatusCode } from '@aster/rpc-core'
import { collect, EchoService, echoService, meetDeadline, numbered, Watch } from '@aster/test-services'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { codecs } from './codecs.ts'
import { type ServedPair, servePair, transports } from './served-pair.ts'

describe.each(transports)('calls over %s', (over) => {
  describe.each(Object.entries(codecs))('in %s', (_mode, codec) => {
    let watch: Watch
    let pair: ServedPair
    const client = () =>
      createClient(EchoService, { connection: pair.client, codec: codec(), statusCodec: new ForyCodec() })

    beforeEach(async () => {
      watch = new Watch()
      pair = await servePair(over, { services: [echoService(watch)], codecs: [new ForyCodec(), new JsonCodec()] })
    })
    afterEach(() => pair.close())

    it('answers a unary call, and fills in omitted fields', async () => {
      await expect(client().echo({ text: 'héllo ✓ 🎉', count: -42 })).resolves.toEqual({
        text: 'héllo ✓ 🎉',
        count: -42,
      })
      await expect(client().echo({})).resolves.toEqual({ text: '', count: 0 })
    })

    it('answers 200 calls at once, each with its own', async () => {
      const c = client()
      const all = await Promise.all(numbered(200).map((item) => c.echo(item)))
      expect(all).toEqual(numbered(200))
    })

    it('streams 0, 1 and many responses', async () => {
      const c = client()
      for (const count of [0, 1, 3, 500])
        expect(await collect(c.countUp({ text: 't', count }))).toEqual(numbered(count, 't'))
    })

    it('streams 0, 1 and many requests', async () => {
      const c = client()
      for (const count of [0, 1, 3, 500]) {
        expect(await c.addUp(numbered(count))).toEqual({
          text: 'sum',
          count: count === 0 ? 0 : (count * (count - 1)) / 2,
        })
      }
    })

    it('takes requests from an async generator', async () => {
      async function* source() {
        yield* numbered(10)
      }
      await expect(client().addUp(source())).resolves.toEqual({ text: 'sum', count: 45 })
    })

    it('sends and receives in turn on a bidi channel', async () => {
      const chat = client().chat()
      for (let count = 0; count < 20; count++) {
        await chat.send({ text: 'a', count })
        expect(await chat.recv()).toEqual({ text: 'echo a', count: count + 1 })
      }
      chat.finish()
      expect(await chat.recv()).toBeUndefined()
      expect(await chat.recv()).toBeUndefined()
    })

    it('lets the handler of a bidi call speak first and last', async () => {
      const talk = client().talk()
      expect(await talk.recv()).toEqual({ text: 'welcome', count: 0 })
      await talk.send({ text: 'a' })
      talk.finish()
      expect(await collect(talk)).toEqual([
        { text: 'A', count: 1 },
        { text: 'goodbye', count: 1 },
      ])
    })

    it('ends a bidi call that the handler ends first', async () => {
      const chat = client().chat()
      await chat.send({ text: 'end' })
      expect(await chat.recv()).toBeUndefined()
      await expect(chat.send({ text: 'late' })).rejects.toMatchObject({ code: StatusCode.FAILED_PRECONDITION })
    })

    it('reports the handler’s end and error to a bidi caller that only sends', async () => {
      const sendForEver = async (chat: { send(request: { text: string }): Promise<void> }) => {
        for (;;) await chat.send({ text: 'x' })
      }
      const ended = client().talkBriefly()
      await expect(sendForEver(ended)).rejects.toMatchObject({ code: StatusCode.FAILED_PRECONDITION })
      const failed = client().chat()
      await failed.send({ text: 'fail' })
      await expect(sendForEver(failed)).rejects.toMatchObject({ code: StatusCode.ABORTED, message: 'chat failed' })
    })

    it('refuses misuse of a bidi channel', async () => {
      const chat = client().chat()
      const first = chat.recv()
      await expect(chat.recv()).rejects.toThrow('responses have one reader')
      chat.finish()
      await expect(chat.send({})).rejects.toThrow('send after finish')
      expect(await first).toBeUndefined()
    })

    it.each(Object.values(StatusCode).filter((code) => code !== 0))(
      'delivers status %i with its message and details',
      async (count) => {
        const failed = await client()
          .fail({ text: `message ${count}`, count })
          .catch((error: unknown) => error)
        expect(failed).toBeInstanceOf(RpcError)
        expect(failed).toMatchObject({ code: count, message: `message ${count}`, details: { why: 'because' } })
      },
    )

    it('delivers an unknown code of a handler as UNKNOWN, with the message', async () => {
      const failed = client().fail({ text: 'message 77', count: 77 })
      await expect(failed).rejects.toMatchObject({ code: StatusCode.UNKNOWN, message: 'message 77' })
    })

    it('hides the text of an unknown exception', async () => {
      const failed = await client()
        .fail({ text: 'crash' })
        .catch((error: unknown) => error)
      expect(failed).toMatchObject({ code: StatusCode.UNKNOWN })
      expect(String(failed)).not.toContain('secret')
    })

    it('treats an OK without a response as an error', async () => {
      await expect(client().fail({ text: 'fine', count: 0 })).rejects.toMatchObject({ code: StatusCode.INTERNAL })
    })

    it('names the path of a response that does not fit', async () => {
      await expect(client().badResponse({})).rejects.toMatchObject({
        code: StatusCode.INTERNAL,
        message: expect.stringContaining('text'),
      })
    })

    it('names the path of a request that does not fit, and sends nothing', async () => {
      await expect(client().echo({ count: 'x' } as never)).rejects.toMatchObject({
        code: StatusCode.INVALID_ARGUMENT,
        message: expect.stringContaining('count'),
      })
      const chat = client().chat()
      await expect(chat.send({ count: 1.5 })).rejects.toMatchObject({ code: StatusCode.INVALID_ARGUMENT })
      await expect(chat.recv()).rejects.toMatchObject({
        code: StatusCode.INVALID_ARGUMENT,
        message: expect.stringContaining('count'),
      })
    })

    it('delivers the items before an error', async () => {
      const seen: number[] = []
      const run = async () => {
        for await (const { count } of client().countUp({ text: 'fail', count: 3 })) seen.push(count)
      }
      await expect(run()).rejects.toMatchObject({ code: StatusCode.ABORTED, message: 'failed after the items' })
      expect(seen).toEqual([0, 1, 2])
    })

    it('ends a client stream whose handler fails early, and leaves its source', async () => {
      let ended = (): void => {}
      const end = new Promise<void>((resolve) => (ended = resolve))
      async function* source() {
        try {
          for (;;) yield { text: 'fail' }
        } finally {
          ended()
        }
      }
      await expect(client().addUp(source())).rejects.toMatchObject({
        code: StatusCode.ABORTED,
        message: 'addUp failed',
      })
      await end
    })

    it('cancels the call when its source fails', async () => {
      const boom = new Error('boom')
      // oxlint-disable-next-line require-yield -- the source fails before its first item
      async function* source(): AsyncGenerator<{ text: string }> {
        throw boom
      }
      await expect(client().addUp(source())).rejects.toMatchObject({ message: 'boom', cause: boom })
    })

    it('cancels the call when the caller leaves the loop, and runs the handler’s finally', async () => {
      for await (const { count } of client().endless({})) if (count === 5) break
      await watch.saw('endless ended')
      await expect(client().echo({ text: 'still' })).resolves.toMatchObject({ text: 'still' })
    })

    it('ends at its deadline a stream that neither side ever ends', async () => {
      let items = 0
      const readAll = async (timeoutMs: number): Promise<void> => {
        for await (const _ of client().endless({}, { timeoutMs })) items++
      }
      expect(await meetDeadline(readAll, () => items > 0)).toMatchObject({ code: StatusCode.DEADLINE_EXCEEDED })
      await watch.saw('endless ended')
    })

    it('cancels a bidi call at the end of its scope', async () => {
      {
        await using chat = client().chat()
        await chat.send({ text: 'a' })
        await chat.recv()
      }
      await watch.saw('chat aborted')
    })

    it('aborts a unary call with its signal, and the handler’s', async () => {
      const controller = new AbortController()
      const call = client().wait({}, { signal: controller.signal })
      await watch.saw('wait started')
      controller.abort(new Error('changed my mind'))
      await expect(call).rejects.toMatchObject({
        code: StatusCode.CANCELLED,
        message: expect.stringContaining('changed my mind'),
      })
      await watch.saw('wait aborted: CANCELLED')
    })

    it('sends nothing for a signal that has aborted', async () => {
      await expect(client().wait({}, { signal: AbortSignal.abort() })).rejects.toMatchObject({
        code: StatusCode.CANCELLED,
      })
      await client().echo({})
      expect(watch.events).toEqual([])
    })

    it('ends a call at its deadline, on both sides', async () => {
      const wait = (timeoutMs: number): Promise<unknown> => client().wait({}, { timeoutMs })
      const hasStarted = (): boolean => watch.count('wait started') > 0
      expect(await meetDeadline(wait, hasStarted)).toMatchObject({ code: StatusCode.DEADLINE_EXCEEDED })
      // Either the handler's own clock or the caller's cancel comes first.
      await watch.saw('wait ended')
      expect(watch.events).toContainEqual(expect.stringMatching(/^wait aborted: (DEADLINE_EXCEEDED|CANCELLED)$/))
    })

    it('refuses a deadline that has passed', async () => {
      await expect(client().echo({}, { timeoutMs: -5 })).rejects.toMatchObject({ code: StatusCode.DEADLINE_EXCEEDED })
      expect(watch.events).toEqual([])
    })

    it('fails calls in flight with UNAVAILABLE when the connection is closed', async () => {
      const call = client().wait({})
      await watch.saw('wait started')
      pair.client.close()
      await expect(call).rejects.toMatchObject({ code: StatusCode.UNAVAILABLE })
      await watch.saw('wait aborted: CANCELLED')
      await expect(client().echo({})).rejects.toMatchObject({ code: StatusCode.UNAVAILABLE })
    })

    it('refuses metadata over its limits before anything is sent', async () => {
      const many = Object.fromEntries(numbered(65).map(({ count }) => [`k${count}`, 'v']))
      await expect(client().echo({}, { metadata: many })).rejects.toMatchObject({ code: StatusCode.INVALID_ARGUMENT })
      await expect(client().echo({}, { metadata: { k: 'x'.repeat(5000) } })).rejects.toMatchObject({
        code: StatusCode.INVALID_ARGUMENT,
      })
    })

    it('carries large messages', async () => {
      const text = 'ab'.repeat(500_000)
      await expect(client().echo({ text })).resolves.toEqual({ text, count: 0 })
    })

    it('refuses a message over the limit of a frame, naming the sizes', async () => {
      await expect(client().echo({ text: 'x'.repeat(17_000_000) })).rejects.toMatchObject({
        code: StatusCode.RESOURCE_EXHAUSTED,
      })
    })
  })
})
