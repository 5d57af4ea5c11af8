import { ForyCodec } from '@aster/codec-fory'
import { type Client, createClient, openSession } from '@aster/rpc-client'
import { AsterError, StatusCode } from '@aster/rpc-core'
import { CallHeader, FrameFlag, FrameStream, RpcStatus, StreamHeader } from '@aster/rpc-core/protocol'
import type { ServedConnection } from '@aster/rpc-server'
import { collect, Held, HeldSession, Hold, Item, numbered } from '@aster/test-services'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type ServedPair, servePair, transports } from './served-pair.ts'

type Calls = Client<typeof Held>

/** Kind, a call that waits until its handler is released, and the outcome of that call. */
const kinds: readonly (readonly [string, (calls: Calls) => Promise<unknown>, unknown])[] = [
  ['unary', (calls) => calls.unary({ count: 7 }), { text: '', count: 7 }],
  [
    'server stream',
    (calls) => collect(calls.server({ count: 7 })),
    [
      { text: '', count: 7 },
      { text: '', count: 7 },
    ],
  ],
  ['client stream', (calls) => calls.client(numbered(4)), { text: 'sum', count: 6 }],
  [
    'bidi',
    async (calls) => {
      const chat = calls.bidi()
      await chat.send({ count: 7 })
      chat.finish()
      return collect(chat)
    },
    [{ text: '', count: 7 }],
  ],
]

const REFUSED = { code: StatusCode.UNAVAILABLE, message: expect.stringContaining('the producer is shutting down') }
const GONE = { code: StatusCode.UNAVAILABLE }

describe.each(transports)('a producer that shuts down, over %s', (over) => {
  const codec = new ForyCodec()
  let hold: Hold
  let pair: ServedPair
  let served: ServedConnection
  const options = () => ({ connection: pair.client, codec })

  beforeEach(async () => {
    hold = new Hold()
    pair = await servePair(over, { services: hold.services, codecs: [codec] })
    served = pair.served
  })
  afterEach(() => pair.close())

  describe.each(kinds)('with a %s call running', (_kind, begin, answer) => {
    it('refuses new calls, and lets the running one finish', async () => {
      const calls = createClient(Held, options())
      const running = begin(calls)
      await hold.saw('started')
      const closing = served.close({ graceMs: Infinity })
      await expect(calls.ping({})).rejects.toMatchObject(REFUSED)
      await expect(begin(calls)).rejects.toMatchObject(REFUSED)
      hold.go()
      expect(await running).toEqual(answer)
      await closing
      expect(await pair.client.closed).toMatchObject({ by: 'peer', code: 0 })
    })

    it('ends the session after the call', async () => {
      const session = await openSession(HeldSession, options())
      const running = begin(session)
      await hold.saw('started')
      const next = session.ping({})
      const closing = served.close({ graceMs: Infinity })
      hold.go()
      expect(await running).toEqual(answer)
      await expect(next).rejects.toMatchObject(GONE)
      await expect(session.ping({})).rejects.toMatchObject(GONE)
      await session.close()
      await closing
      expect(hold.count('disposed')).toBe(1)
    })

    it.each(['shared service', 'session'])('cuts it when the time is up: of a %s', async (scope) => {
      const calls = scope === 'session' ? await openSession(HeldSession, options()) : createClient(Held, options())
      const running = begin(calls).catch((error: unknown) => error)
      await hold.saw('started')
      await served.close({ graceMs: 5 })
      expect(await running).toMatchObject(GONE)
      await hold.saw('ended')
      expect(hold.events).toContain('aborted: UNAVAILABLE the producer is shutting down')
    })
  })

  it('ends an idle session at once, whatever the grace time', async () => {
    const session = await openSession(HeldSession, options())
    await session.ping({})
    const closing = served.close({ graceMs: Infinity })
    await hold.saw('disposed')
    await expect(session.ping({})).rejects.toMatchObject(GONE)
    await closing
    await expect(session.ping({})).rejects.toMatchObject(GONE)
    expect(hold.events).toEqual(['opened', 'disposed'])
  })

  it('answers a call that arrives on an ended session', async () => {
    const stream = new FrameStream(await pair.client.openStream())
    void stream.queue(FrameFlag.HEADER, codec.encode(StreamHeader, { service: 'HeldSession', version: 1 }))
    await hold.saw('opened')
    const closing = served.close({ graceMs: Infinity })
    await hold.saw('disposed')
    void stream.queue(FrameFlag.CALL, codec.encode(CallHeader, { method: 'ping' }))
    void stream.queue(0, codec.encode(Item, {}))
    const frame = await stream.read()
    expect(frame?.flags).toBe(FrameFlag.TRAILER)
    expect(codec.decode(RpcStatus, frame?.payload ?? new Uint8Array())).toMatchObject(REFUSED)
    expect(await stream.read()).toBeUndefined()
    await stream.finish()
    await closing
  })

  it('does not wait for a stream without a header', async () => {
    const stream = await pair.client.openStream()
    await stream.write(Uint8Array.of(1))
    await createClient(Held, options()).ping({})
    await served.close({ graceMs: Infinity })
    expect(await pair.client.closed).toMatchObject({ by: 'peer' })
  })

  it.each([
    ['at once', 0],
    ['sooner', 5],
  ])('is closed %s by a second close while it waits', async (_how, graceMs) => {
    const running = createClient(Held, options())
      .unary({})
      .catch((error: unknown) => error)
    await hold.saw('started')
    const first = served.close({ graceMs: Infinity })
    await Promise.all([first, served.close({ graceMs })])
    expect(await running).toMatchObject(GONE)
  })

  it('is not closed later by a second close', async () => {
    const running = createClient(Held, options())
      .unary({})
      .catch((error: unknown) => error)
    await hold.saw('started')
    const first = served.close({ graceMs: 5 })
    await Promise.all([first, served.close({ graceMs: 1e9 }), served.close({ graceMs: Infinity })])
    expect(await running).toMatchObject(GONE)
  })

  it.each([-1, Number.NaN, '5', null])('refuses %o as a grace time, and goes on', async (graceMs) => {
    const closing = served.close({ graceMs: graceMs as number })
    await expect(closing).rejects.toThrow(AsterError)
    await expect(closing).rejects.toThrow('graceMs: expected a number of milliseconds from 0, or Infinity')
    await createClient(Held, options()).ping({})
  })
})
