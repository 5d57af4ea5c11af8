// The instance of a session is disposed of exactly once when the session ends, in any way.
import { ForyCodec } from '@aster/codec-fory'
import { openSession, type Session } from '@aster/rpc-client'
import { type ByteStream, type Logger, StatusCode } from '@aster/rpc-core'
import { encodeFrames, FrameFlag, StreamHeader } from '@aster/rpc-core/protocol'
import { HeldSession, Hold } from '@aster/test-services'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type ServedPair, servePair, transports } from './served-pair.ts'

const codec = new ForyCodec()

interface Scene {
  readonly hold: Hold
  readonly pair: ServedPair
  readonly session: Session<typeof HeldSession>
}

const ends: Readonly<Record<string, (scene: Scene) => Promise<unknown> | void>> = {
  'the consumer closes it': ({ session }) => session.close(),
  'the connection is lost': ({ pair }) => pair.client.close(),
  'the producer shuts down': async ({ pair: { served }, hold }) => {
    const closing = served.close({ graceMs: Infinity })
    hold.go()
    await closing
  },
  'the producer is cut': ({ pair }) => pair.served.close(),
}

describe.each(transports)('the instance of a session over %s', (over) => {
  let scene: Scene
  let hold: Hold
  let logged: { readonly text: string; readonly error: unknown }[]
  const disposals = (): number => hold.count('disposed')

  beforeEach(async () => {
    hold = new Hold()
    logged = []
    const note = (fields: object, text = ''): void =>
      void logged.push({ text, error: (fields as { err: unknown }).err })
    const logger: Logger = { debug: () => {}, info: () => {}, warn: () => {}, error: note }
    const pair = await servePair(over, { services: hold.services, codecs: [codec], logger })
    scene = { hold, pair, session: await openSession(HeldSession, { connection: pair.client, codec }) }
    await hold.saw('opened')
  })
  afterEach(async () => {
    await scene.pair.close()
    expect(disposals()).toBe(hold.count('opened'))
  })

  describe.each(Object.entries(ends))('is disposed of once when %s', (_how, end) => {
    it.each(['between calls', 'during a call'])('%s', async (when) => {
      const { session } = scene
      await session.ping({})
      const running = when === 'during a call' ? session.unary({}).catch(() => {}) : undefined
      if (running !== undefined) await hold.saw('started')
      await end(scene)
      await running
      await hold.saw('disposed')
      await session.close()
      expect(disposals()).toBe(1)
    })
  })

  it.each<[string, (stream: ByteStream) => unknown]>([
    ['resets its stream', (stream) => stream.reset(0)],
    ['sends what is no frame', (stream) => stream.write(new Uint8Array(4))],
    ['sends a request without a call', (stream) => stream.write(Uint8Array.of(2, 0, 0, 0, 0, 1))],
  ])('is disposed of once when the consumer %s', async (_what, spoil) => {
    const stream = await scene.pair.client.openStream()
    const payload = codec.encode(StreamHeader, { service: 'HeldSession', version: 1 })
    await stream.write(encodeFrames({ flags: FrameFlag.HEADER, payload }))
    await expect.poll(() => hold.events).toEqual(['opened', 'opened'])
    await spoil(stream)
    await hold.saw('disposed')
    await scene.session.ping({})
  })

  it('is missing if its maker throws, and the first call gets an error', async () => {
    hold.onOpen = () => {
      throw new Error('no room')
    }
    const session = await openSession(HeldSession, { connection: scene.pair.client, codec })
    await expect(session.ping({})).rejects.toMatchObject({ code: StatusCode.UNKNOWN })
    expect(logged.map(({ text, error }) => `${text}: ${String(error)}`)).toEqual(['a handler failed: Error: no room'])
    expect(hold.events).toEqual(['opened'])
  })

  it('may throw when it is disposed of, which is logged', async () => {
    hold.onDispose = () => {
      throw new Error('stuck')
    }
    await scene.session.ping({})
    await scene.session.close()
    await hold.saw('disposed')
    await expect
      .poll(() => logged.map(({ text, error }) => `${text}: ${String(error)}`))
      .toEqual(['the end of a session failed: Error: stuck'])
  })
})
