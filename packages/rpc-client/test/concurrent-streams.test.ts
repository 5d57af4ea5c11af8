import { ForyCodec } from '@aster/codec-fory'
import { type Client, createClient, openSession } from '@aster/rpc-client'
import { StatusCode } from '@aster/rpc-core'
import { collect, Held, HeldSession, Hold } from '@aster/test-services'
import { afterEach, describe, expect, it } from 'vitest'
import { type ServedPair, servePair, type TransportName, transports } from './served-pair.ts'

const codec = new ForyCodec()
const cleanups: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup()
})

interface Served {
  readonly hold: Hold
  readonly pair: ServedPair
  readonly calls: Client<typeof Held>
}

async function serve(over: TransportName, maxConcurrentStreams: number): Promise<Served> {
  const hold = new Hold()
  const pair = await servePair(over, { services: hold.services, codecs: [codec], maxConcurrentStreams })
  cleanups.push(() => pair.close())
  return { hold, pair, calls: createClient(Held, { connection: pair.client, codec }) }
}

const started = (hold: Hold): number => hold.count('started')

describe.each(transports)('maxConcurrentStreams over %s', (over) => {
  it('lets further calls wait until one ends, and refuses none', async () => {
    const { hold, calls } = await serve(over, 2)
    const all = Array.from({ length: 20 }, (_, count) => calls.unary({ count }))
    await expect.poll(() => started(hold)).toBe(2)
    hold.go()
    expect((await Promise.all(all)).map(({ count }) => count)).toEqual(all.map((_, i) => i))
    expect(started(hold)).toBe(20)
  })

  it('runs the deadline of a call that waits', async () => {
    const { hold, calls } = await serve(over, 1)
    const first = calls.unary({})
    await hold.saw('started')
    await expect(calls.ping({}, { timeoutMs: 20 })).rejects.toMatchObject({ code: StatusCode.DEADLINE_EXCEEDED })
    hold.go()
    await first
    await calls.ping({})
  })

  it('forgets a call that is cancelled while it waits', async () => {
    const { hold, calls } = await serve(over, 1)
    const first = calls.unary({})
    await hold.saw('started')
    const controller = new AbortController()
    const second = calls.unary({}, { signal: controller.signal })
    controller.abort()
    await expect(second).rejects.toMatchObject({ code: StatusCode.CANCELLED })
    hold.go()
    await first
    await calls.ping({})
    expect(started(hold)).toBe(1)
  })

  it.each(['is left', 'ends'])('counts a stream until it %s', async (how) => {
    const { hold, calls } = await serve(over, 1)
    const stream = calls.server({})
    await stream.next()
    await hold.saw('started')
    const next = calls.ping({ text: 'next' })
    if (how === 'is left') await stream.return?.()
    else hold.go()
    if (how === 'ends') await collect(stream)
    expect(await next).toMatchObject({ text: 'next' })
  })

  it('counts a session while it is open', async () => {
    const { hold, pair, calls } = await serve(over, 1)
    const session = await openSession(HeldSession, { connection: pair.client, codec })
    for (let count = 0; count < 3; count++) expect(await session.ping({ count })).toMatchObject({ count })
    const call = calls.unary({})
    await session.ping({})
    expect(started(hold)).toBe(0)
    await session.close()
    hold.go()
    await call
  })

  it('refuses waiting calls when the producer shuts down', async () => {
    const { hold, calls, pair } = await serve(over, 1)
    const first = calls.unary({ text: 'first' })
    await hold.saw('started')
    const waiting = calls.ping({})
    const closing = pair.served.close({ graceMs: Infinity })
    await expect(waiting).rejects.toMatchObject({
      code: StatusCode.UNAVAILABLE,
      message: 'the producer is shutting down',
    })
    hold.go()
    expect(await first).toMatchObject({ text: 'first' })
    await closing
  })

  it('aborts handlers when the connection is lost while other calls wait', async () => {
    const { hold, calls, pair } = await serve(over, 1)
    const all = Array.from({ length: 3 }, () => calls.unary({}).catch(() => {}))
    await hold.saw('started')
    pair.client.close()
    await pair.served.done
    await Promise.all(all)
    await hold.saw('aborted: CANCELLED the connection to the consumer is gone')
  })
})
