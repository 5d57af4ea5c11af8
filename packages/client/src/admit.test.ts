import { generateKeyPair, generateNonce, signCredential } from '@aster/identity'
import {
  type ByteStream,
  type Connection,
  type NodeAddr,
  StatusCode,
  type Transport,
  TransportError,
} from '@aster/rpc-core'
import { ADMISSION_ALPN } from '@aster/rpc-core/protocol'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { FakeConnection } from '../test/fake-transport.ts'
import { admit } from './admit.ts'
import { resolveSettings } from './settings.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const address: NodeAddr = { endpointId: generateKeyPair().publicKey, addresses: ['127.0.0.1:1'] }

/** Returns a transport whose producer sends `answer`, or nothing, and the connection of the admission. */
function answering(answer?: object): { transport: Transport; connection: FakeConnection } {
  const pieces: (Uint8Array | undefined)[] = [new TextEncoder().encode(JSON.stringify(answer)), undefined]
  const stream: ByteStream = {
    read: async () => (answer === undefined ? new Promise(() => {}) : pieces.shift()),
    write: async () => {},
    finish: async () => {},
    reset: () => {},
    stop: () => {},
  }
  const connection = Object.assign(new FakeConnection(address.endpointId), {
    alpn: ADMISSION_ALPN,
    openStream: async () => stream,
  })
  const transport: Transport = {
    connect: async (): Promise<Connection> => connection,
    async *listen() {},
    localAddress: { endpointId: 'here', addresses: [] },
    close: async () => {},
  }
  return { transport, connection }
}

const settings = resolveSettings({ endpointAddr: address.endpointId })
const admitted = { admitted: true, attributes: {}, services: [], root_pubkey: 'a'.repeat(64), reason: '' }

it('leaves the connection open for the next dial, and then closes it', async () => {
  const { transport, connection } = answering(admitted)
  expect(await admit({ transport, address, settings, signal: new AbortController().signal })).toMatchObject({
    services: [],
  })
  expect(connection.info).toBeUndefined()
  vi.runAllTimers()
  expect(connection.info).toEqual({ by: 'local', code: 0, reason: '' })
})

it('closes the connection when the client is closed', async () => {
  const { transport, connection } = answering(admitted)
  const closing = new AbortController()
  await admit({ transport, address, settings, signal: closing.signal })
  closing.abort()
  expect(connection.info).toEqual({ by: 'local', code: 0, reason: '' })
  expect(vi.getTimerCount()).toBe(0)
})

it('closes the connection at once if the client is not admitted', async () => {
  const { transport, connection } = answering({ ...admitted, admitted: false })
  await expect(admit({ transport, address, settings })).rejects.toThrow('consumer admission denied')
  expect(connection.info).toEqual({ by: 'local', code: 0, reason: '' })
  expect(vi.getTimerCount()).toBe(0)
})

it('fails at the connect timeout, and closes the connection', async () => {
  const { transport, connection } = answering()
  const error = admit({ transport, address, settings }).catch((reason: unknown) => reason)
  await vi.advanceTimersByTimeAsync(settings.config.connectTimeoutMs - 1)
  expect(connection.info).toBeUndefined()
  await vi.advanceTimersByTimeAsync(1)
  expect(await error).toMatchObject({
    code: StatusCode.UNAVAILABLE,
    message: `the producer ${address.endpointId} did not answer the admission request within 10000 ms`,
  })
  expect(connection.info).toEqual({ by: 'local', code: 0, reason: '' })
  expect(vi.getTimerCount()).toBe(0)
})

describe('a producer that handles too many admissions', () => {
  const reason = 'too many admissions of one peer at once'
  const crowded = () =>
    new TransportError('closed', `the peer closed the connection with code 429: ${reason}`, { code: 429 })

  /** Returns a producer that closes a number of connections with 429 at a step of the admission, and then admits. */
  function crowdedFor(refusals: number, step: 'open' | 'write' | 'read' = 'open') {
    const { transport, connection } = answering(admitted)
    const made: FakeConnection[] = []
    const refuse = async (): Promise<never> => {
      throw crowded()
    }
    const stream = { finish: async () => {}, reset: () => {}, stop: () => {}, write: async () => {}, read: refuse }
    return {
      made,
      transport: {
        ...transport,
        connect: async (): Promise<Connection> => {
          const one = made.length < refusals ? new FakeConnection(address.endpointId) : connection
          made.push(one)
          if (one === connection) return one
          const opened = step === 'write' ? { ...stream, write: refuse } : stream
          return Object.assign(one, { openStream: step === 'open' ? refuse : async () => opened })
        },
      },
    }
  }

  it.each(['open', 'write', 'read'] as const)(
    'is asked again after a backoff, whichever step told of it: %s',
    async (step) => {
      const { transport, made } = crowdedFor(3, step)
      const grant = admit({ transport, address, settings })
      await vi.advanceTimersByTimeAsync(49)
      expect(made).toHaveLength(1)
      // The waits are at most 100, 200 and 400 ms.
      await vi.advanceTimersByTimeAsync(700)
      expect(await grant).toMatchObject({ services: [] })
      expect(made).toHaveLength(4)
      expect(made.slice(0, 3).map(({ info }) => info?.by)).toEqual(['local', 'local', 'local'])
    },
  )

  it('is named in the error if it refuses until the connect timeout', async () => {
    const { transport, made } = crowdedFor(Infinity)
    const error = admit({ transport, address, settings }).catch((reason: unknown) => reason)
    await vi.advanceTimersByTimeAsync(settings.config.connectTimeoutMs)
    expect(await error).toMatchObject({
      code: StatusCode.UNAVAILABLE,
      message: expect.stringContaining(
        `the producer ${address.endpointId} refused the admission ${made.length} times within 10000 ms because it handles too many (429): the peer closed the connection with code 429: ${reason}`,
      ),
      cause: crowded(),
    })
    expect(made.length).toBeGreaterThan(4)
    expect(vi.getTimerCount()).toBe(0)
  })

  it('is not asked again after the client is closed', async () => {
    const { transport, made } = crowdedFor(Infinity)
    const closing = new AbortController()
    const error = admit({ transport, address, settings, signal: closing.signal }).catch((reason: unknown) => reason)
    await vi.advanceTimersByTimeAsync(1_000)
    const asked = made.length
    closing.abort(new Error('closed'))
    expect(await error).toMatchObject({ message: 'closed' })
    await vi.advanceTimersByTimeAsync(60_000)
    expect([made.length, vi.getTimerCount()]).toEqual([asked, 0])
  })

  it('is not assumed for any other code', async () => {
    const { transport } = answering(admitted)
    const gone = new TransportError('closed', 'the peer closed the connection with code 7', { code: 7 })
    const connection = Object.assign(new FakeConnection(address.endpointId), {
      openStream: () => Promise.reject(gone),
    })
    await expect(
      admit({ transport: { ...transport, connect: async () => connection }, address, settings }),
    ).rejects.toThrow(`the producer ${address.endpointId} went away during admission: the peer closed`)
  })
})

describe('an admission whose connection ends without an answer', () => {
  /** Returns a transport to a producer that closes the connections of the first `drops` admissions with code 0. */
  function droppingFor(drops: number): { transport: Transport; made: FakeConnection[] } {
    const { transport, connection } = answering(admitted)
    const made: FakeConnection[] = []
    const gone = new TransportError('closed', 'the peer closed the connection with code 0', { code: 0 })
    const connect = async (): Promise<Connection> => {
      const one = made.length < drops ? new FakeConnection(address.endpointId) : connection
      made.push(one)
      return one === connection ? one : Object.assign(one, { openStream: () => Promise.reject(gone) })
    }
    return { transport: { ...transport, connect }, made }
  }

  it('is asked for again', async () => {
    const { transport, made } = droppingFor(3)
    const grant = admit({ transport, address, settings })
    // The pauses are at most 10, 20 and 40 ms.
    await vi.advanceTimersByTimeAsync(70)
    expect(await grant).toMatchObject({ services: [] })
    expect(made).toHaveLength(4)
  })

  it('fails after six more requests', async () => {
    const { transport, made } = droppingFor(Infinity)
    const error = admit({ transport, address, settings }).catch((reason: unknown) => reason)
    await vi.advanceTimersByTimeAsync(1_000)
    expect(await error).toMatchObject({
      code: StatusCode.UNAVAILABLE,
      message: `the producer ${address.endpointId} went away during admission: the peer closed the connection with code 0`,
    })
    expect([made.length, vi.getTimerCount()]).toEqual([7, 0])
  })

  it('is not asked for again with a one-time credential, which serves once', async () => {
    const { transport, made } = droppingFor(1)
    const credential = signCredential(
      { type: 'ott', expiresAt: 4_102_444_800, attributes: {}, nonce: generateNonce() },
      generateKeyPair().secretKey,
    )
    await expect(admit({ transport, address, settings: { ...settings, credential } })).rejects.toThrow('went away')
    expect(made).toHaveLength(1)
  })
})

describe('clients of one endpoint', () => {
  /** Returns a producer that answers when the test says so, one request at a time. */
  function waiting() {
    const answers: (() => void)[] = []
    const connections: FakeConnection[] = []
    const transport: Transport = {
      ...answering(admitted).transport,
      connect: async () => {
        const one = answering(admitted).connection
        const opened = one.openStream()
        const answer = new Promise<void>((resolve) => answers.push(resolve))
        connections.push(one)
        return Object.assign(one, { openStream: () => answer.then(() => opened) })
      },
    }
    return { transport, answers, connections }
  }

  it('ask a producer three at a time, and one connection stays open afterwards', async () => {
    const { transport, answers, connections } = waiting()
    const all = Array.from({ length: 8 }, () => admit({ transport, address, settings }))
    for (let answered = 0; answered < 8; answered++) {
      await vi.advanceTimersByTimeAsync(0)
      expect(connections).toHaveLength(Math.min(8, answered + 3))
      // The connections with a pending request, and the last one that was answered.
      const open = connections.filter(({ info }) => info === undefined).length
      expect(open).toBe(Math.min(8, answered + 3) - Math.max(0, answered - 1))
      answers[answered]?.()
    }
    await Promise.all(all)
    await vi.advanceTimersByTimeAsync(250)
    expect(connections.filter(({ info }) => info === undefined)).toEqual([])
    expect(vi.getTimerCount()).toBe(0)
  })

  it('have a limit for each producer', async () => {
    const { transport, connections } = waiting()
    const producers = Array.from({ length: 4 }, () => ({ ...address, endpointId: generateKeyPair().publicKey }))
    for (const producer of producers) admit({ transport, address: producer, settings }).catch(() => {})
    await vi.advanceTimersByTimeAsync(0)
    expect(connections).toHaveLength(4)
    await vi.advanceTimersByTimeAsync(settings.config.connectTimeoutMs)
  })

  it('fail with the reason if other clients occupy the producer until the connect timeout', async () => {
    const { transport, answers } = waiting()
    const errors = Array.from({ length: 4 }, () =>
      admit({ transport, address, settings }).catch((reason: Error) => reason.message),
    )
    await vi.advanceTimersByTimeAsync(settings.config.connectTimeoutMs)
    const messages = await Promise.all(errors)
    expect(messages.slice(0, 3)).toEqual(
      messages.slice(0, 3).map(() => expect.stringContaining('did not answer the admission request within 10000 ms')),
    )
    expect(messages[3]).toContain('other clients of this process have waited for its admission for 10000 ms')
    expect([answers.length, vi.getTimerCount()]).toEqual([3, 0])
  })
})
