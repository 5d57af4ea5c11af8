import { JsonCodec } from '@aster/codec-json'
import { type Client, type ConnectionLease, createClient, openSession } from '@aster/rpc-client'
import type { Connection } from '@aster/rpc-core'
import { collect, Held, HeldSession, Hold } from '@aster/test-services'
import { serveConnection } from '@aster/rpc-server'
import { memoryPair } from '@aster/transport-memory'
import { describe, expect, it } from 'vitest'

const codec = new JsonCodec()

/** A source of connections with two streams each. A waiting call may move to the next connection. */
function setUp(count = 2, offered = count) {
  const hold = new Hold()
  const leases: { at: number; released: number }[] = []
  const connections = Array.from({ length: count }, () => {
    const [consumer, producer] = memoryPair({ maxStreams: 2 })
    serveConnection(producer, { services: hold.services, codecs: [codec] })
    return consumer
  })
  const connection = (): ConnectionLease => {
    const state = { at: 0, released: 0 }
    leases.push(state)
    return {
      get connection() {
        return connections[state.at] as Connection
      },
      move({ openStreams, waitedMs }) {
        expect([openStreams, waitedMs >= 50]).toEqual([2, true])
        if (state.at + 1 >= offered) return false
        state.at += 1
        return true
      },
      release: () => void (state.released += 1),
    }
  }
  const started = (): number => hold.count('started')
  return { hold, leases, connections, options: { connection, codec }, started }
}

/** A call of each kind, whose handler waits. */
const call = {
  unary: (calls: Client<typeof Held>) => calls.unary({}),
  server: (calls: Client<typeof Held>) => collect(calls.server({})),
  client: (calls: Client<typeof Held>) => calls.client([{}]),
  async bidi(calls: Client<typeof Held>) {
    const channel = calls.bidi()
    void channel.send({})
    channel.finish()
    return collect(channel)
  },
}

describe('calls that wait for a stream', () => {
  it.each(['unary', 'server', 'client', 'bidi'] as const)('move to another connection: %s', async (kind) => {
    const { hold, options, started, leases } = setUp()
    const calls = createClient(Held, options)
    const first = [calls.unary({}), calls.unary({})]
    await expect.poll(started).toBe(2)
    const moved = call[kind](calls)
    await expect.poll(started).toBe(3)
    expect(leases.map(({ at }) => at)).toEqual([0, 0, 1])
    hold.go()
    await Promise.all([...first, moved])
    expect(leases.map(({ released }) => released)).toEqual([1, 1, 1])
  })

  it('move when they open a session, and an open session stays on its connection', async () => {
    const { hold, options, started, leases } = setUp()
    const calls = createClient(Held, options)
    const first = [calls.unary({}), calls.unary({})]
    await expect.poll(started).toBe(2)
    await using session = await openSession(HeldSession, options)
    hold.go()
    await Promise.all(first)
    await session.ping({})
    expect(leases.map(({ at }) => at)).toEqual([0, 0, 1])
  })

  it('leave a stream that opens after they have moved to another waiting call', async () => {
    const { hold, options, started, leases, connections } = setUp(2)
    const calls = createClient(Held, options)
    const first = [calls.unary({}), calls.unary({})]
    await expect.poll(started).toBe(2)
    const moved = [calls.unary({}), calls.unary({})]
    await expect.poll(started).toBe(4)
    // Both streams of the second connection are taken now, and two calls that have moved still wait on the first connection.
    const last = createClient(Held, { connection: connections[0] as Connection, codec })
    const waiting = [last.unary({}), last.unary({})]
    hold.go()
    await Promise.all([...first, ...moved, ...waiting])
    expect(leases.map(({ released }) => released)).toEqual([1, 1, 1, 1])
    await Promise.all(Array.from({ length: 10 }, () => last.ping({})))
  })

  it('wait on if there is no other connection', async () => {
    const { hold, options, started, leases } = setUp(2, 1)
    const calls = createClient(Held, options)
    const all = [calls.unary({}), calls.unary({}), calls.unary({})]
    await expect.poll(started).toBe(2)
    hold.go()
    await Promise.all(all)
    expect(leases.map(({ at }) => at)).toEqual([0, 0, 0])
  })

  it('end with their deadline, before and after they have moved', async () => {
    const { hold, options, started, leases } = setUp()
    const calls = createClient(Held, options)
    const all = Array.from({ length: 4 }, () => calls.unary({}))
    await expect.poll(started).toBe(4)
    const code = { codeName: 'DEADLINE_EXCEEDED' }
    await expect(calls.ping({}, { timeoutMs: 20 })).rejects.toMatchObject(code)
    await expect(calls.ping({}, { timeoutMs: 150 })).rejects.toMatchObject(code)
    expect(leases.map(({ released }) => released)).toEqual([0, 0, 0, 0, 1, 1])
    hold.go()
    await Promise.all(all)
  })

  it('go on if move() throws', async () => {
    const { hold, options, started } = setUp()
    const connection = () => ({
      ...options.connection(),
      move() {
        throw new Error('odd')
      },
    })
    const calls = createClient(Held, { ...options, connection })
    const all = [calls.unary({}), calls.unary({}), calls.unary({})]
    await expect.poll(started).toBe(2)
    hold.go()
    await Promise.all(all)
  })
})
