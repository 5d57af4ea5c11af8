// Consumers of a producer that closes idle connections and ends idle sessions.
import { JsonCodec } from '@aster/codec-json'
import { defineService, implement, StatusCode, t, unary } from '@aster/rpc-core'
import type { Refusal } from '@aster/rpc-server'
import { afterEach, describe, expect, it } from 'vitest'
import { createClient, openSession } from '../src/index.ts'
import { servePair, type ServedPair, transports } from './served-pair.ts'

const Item = t.struct('idle/Item', { text: t.string })
const methods = { echo: unary(Item, Item), hold: unary(Item, Item) }
const Shared = defineService({ name: 'Shared', methods })
const Scoped = defineService({ name: 'Scoped', scope: 'session', methods })
/** Long enough for a call to begin on a busy machine. */
const IDLE_MS = 300

describe.each(transports)('idle timeouts, over %s', (over) => {
  let pair: ServedPair
  let disposed: Promise<void>
  const refusals: Refusal[] = []
  afterEach(() => pair.close())

  async function connect(limits: { connectionIdleTimeoutMs?: number; sessionIdleTimeoutMs?: number }) {
    refusals.length = 0
    let dispose = (): void => {}
    disposed = new Promise((resolve) => (dispose = resolve))
    const echo = (item: { text: string }) => item
    // Longer than the timeout of an idle connection.
    const hold = (item: { text: string }) =>
      new Promise<typeof item>((resolve) => setTimeout(() => resolve(item), 3 * IDLE_MS))
    pair = await servePair(over, {
      services: [
        implement(Shared, { echo, hold }),
        implement(Scoped, () => ({ echo, hold, [Symbol.dispose]: () => dispose() })),
      ],
      codecs: [new JsonCodec()],
      onRefusal: (refusal) => void refusals.push(refusal),
      ...limits,
    })
    return { connection: pair.client, codec: new JsonCodec() }
  }

  it('close a connection without a call with code 0, and not while a call runs', async () => {
    const calls = createClient(Shared, await connect({ connectionIdleTimeoutMs: IDLE_MS }))
    expect(await calls.hold({ text: 'x' })).toMatchObject({ text: 'x' })
    const reason = `no call or session was open for ${IDLE_MS} ms (connectionIdleTimeoutMs)`
    expect(await pair.client.closed).toEqual({ by: 'peer', code: 0, reason })
    expect(refusals).toMatchObject([{ cause: 'idle', message: reason }])
  })

  it('close a connection on which one stream after another ends without a header', async () => {
    await connect({ connectionIdleTimeoutMs: IDLE_MS })
    let isOpen = true
    const closed = pair.client.closed.finally(() => (isOpen = false))
    while (isOpen) {
      try {
        const stream = await pair.client.openStream()
        await stream.finish()
        await stream.read()
      } catch {
        // The producer resets the stream, or the connection is closed.
      }
      await new Promise((resolve) => setImmediate(resolve))
    }
    expect(await closed).toMatchObject({ by: 'peer', code: 0 })
  })

  it('end a session without a call and its instance, and not while a call runs', async () => {
    const session = await openSession(Scoped, await connect({ sessionIdleTimeoutMs: IDLE_MS }))
    expect(await session.hold({ text: 'x' })).toMatchObject({ text: 'x' })
    await disposed
    await expect(session.echo({ text: 'y' })).rejects.toMatchObject({
      code: StatusCode.UNAVAILABLE,
      message: expect.stringContaining(`no call ran on it for ${IDLE_MS} ms (sessionIdleTimeoutMs)`),
    })
    await expect(session.echo({ text: 'y' })).rejects.toMatchObject({ code: StatusCode.UNAVAILABLE })
    await session.close()
    expect(refusals).toMatchObject([{ cause: 'idle' }])
    // The connection stays open.
    const calls = createClient(Shared, { connection: pair.client, codec: new JsonCodec() })
    expect(await calls.echo({ text: 'z' })).toMatchObject({ text: 'z' })
  })
})
