import { StatusCode } from '@aster/rpc-core'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { failure, lost, refused, settled, setUp } from '../test/peer-setup.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

describe('from idle', () => {
  it('does nothing until a call needs a connection', async () => {
    const { peer, transport } = setUp()
    expect(peer.state).toBe('idle')
    await vi.advanceTimersByTimeAsync(60_000)
    expect(transport.dials).toHaveLength(0)
  })

  it('dials, and is open', async () => {
    const { peer, transport } = setUp()
    const connecting = peer.connect()
    expect(peer.state).toBe('connecting')
    const connection = transport.last.succeed()
    expect((await connecting).connection).toBe(connection)
    expect(peer.state).toBe('ready')
    expect(peer.current?.connection).toBe(connection)
  })

  it('dials once for all concurrent callers', async () => {
    const { peer, transport } = setUp()
    const all = [peer.connect(), peer.connect(), peer.connect()]
    transport.last.succeed()
    expect(new Set(await Promise.all(all)).size).toBe(1)
    expect(await peer.connect()).toBe(peer.current)
    expect(transport.dials).toHaveLength(1)
  })

  it('is idle again if the dial fails, and rejects all callers', async () => {
    const { peer, transport } = setUp()
    const all = [peer.connect(), peer.connect()].map(failure)
    transport.last.fail('no peer there')
    for (const error of await Promise.all(all)) {
      expect(error).toMatchObject({ code: StatusCode.UNAVAILABLE, message: expect.stringContaining('no peer there') })
    }
    expect(peer.state).toBe('idle')
  })

  it('fails at the connect timeout', async () => {
    const { peer, transport } = setUp({ connectTimeoutMs: 300 })
    const error = failure(peer.connect())
    await vi.advanceTimersByTimeAsync(299)
    expect(transport.last.aborted).toBe(false)
    await vi.advanceTimersByTimeAsync(1)
    expect(await error).toMatchObject({ message: expect.stringContaining('no answer within 300 ms') })
    expect(transport.last.aborted).toBe(true)
  })
})

describe('backoff', () => {
  it('doubles from 50 ms to 2.5 s with the shortest random waits, from failure to dial', async () => {
    const { peer, transport } = setUp()
    for (const wait of [0, 50, 100, 200, 400, 800, 1_600, 2_500, 2_500]) {
      const dials = transport.dials.length
      const error = failure(peer.connect())
      expect(peer.state).toBe(wait === 0 ? 'connecting' : 'backoff')
      await vi.advanceTimersByTimeAsync(Math.max(0, wait - 1))
      expect(transport.dials.length).toBe(wait === 0 ? dials + 1 : dials)
      await vi.advanceTimersByTimeAsync(wait === 0 ? 0 : 1)
      expect(peer.state).toBe('connecting')
      transport.last.fail('no peer there')
      await error
    }
  })

  it('counts from the failure, so that a late call does not wait', async () => {
    const { peer, transport } = setUp()
    const error = failure(peer.connect())
    transport.last.fail('no peer there')
    await error
    await vi.advanceTimersByTimeAsync(50)
    void peer.connect()
    expect(peer.state).toBe('connecting')
  })

  it('starts again after a successful dial', async () => {
    const { peer, transport, open } = setUp()
    const error = failure(peer.connect())
    transport.last.fail('no peer there')
    await error
    await vi.advanceTimersByTimeAsync(50)
    const { connection } = await open()
    connection.end(lost)
    await settled()
    void peer.connect()
    expect(peer.state).toBe('connecting')
  })
})

describe('from open', () => {
  it('is idle after the loss of the connection, reports the loss, and dials again', async () => {
    const { peer, losses, open, transport } = setUp()
    const { connection } = await open()
    connection.end(lost)
    await settled()
    expect(peer.state).toBe('idle')
    expect(peer.current).toBeUndefined()
    expect(losses).toEqual(['lost (timed out)'])
    await open()
    expect(transport.dials).toHaveLength(2)
  })

  it('reports the side that closed the connection, with code and reason', async () => {
    const { losses, open } = setUp()
    const { connection } = await open()
    connection.end({ by: 'peer', code: 0, reason: '' })
    await settled()
    expect(losses).toEqual(['closed by the producer (code 0)'])
  })
})

describe('admission', () => {
  it('is not asked for after a loss', async () => {
    const { open, admissions } = setUp()
    const { connection } = await open()
    connection.end(lost)
    await settled()
    await open()
    expect(admissions).toHaveLength(0)
  })

  it('is asked for if a new connection is closed with 403, followed by another dial', async () => {
    const { peer, transport, open, admissions, losses } = setUp()
    const { connection } = await open()
    connection.end(lost)
    await settled()
    const connecting = peer.connect()
    transport.last.succeed().end(refused)
    await settled()
    expect(peer.state).toBe('admitting')
    admissions[0]?.settle()
    await settled()
    expect(peer.state).toBe('connecting')
    transport.last.succeed()
    await connecting
    expect(peer.state).toBe('ready')
    expect(losses).toEqual(['lost (timed out)'])
  })

  it('may have ended after a loss, so the new connection is watched for a round trip', async () => {
    const { peer, transport, open } = setUp()
    const { connection } = await open()
    connection.end(lost)
    await settled()
    const connecting = peer.connect()
    await vi.advanceTimersByTimeAsync(20)
    transport.last.succeed()
    await settled()
    expect([peer.state, peer.current]).toEqual(['verifying', undefined])
    await vi.advanceTimersByTimeAsync(24)
    expect(peer.state).toBe('verifying')
    await vi.advanceTimersByTimeAsync(1)
    expect(peer.state).toBe('ready')
    expect(await connecting).toBe(peer.current)
  })

  it.each([
    ['three round trips and 50 ms after a dial that took long', 4_000, 10, 80],
    ['no longer than the dial', 40, 30, 45],
  ])('may be over after a loss: the new connection is watched for %s', async (_what, dialMs, rttMs, watchedMs) => {
    const { peer, transport, open } = setUp()
    const { connection } = await open()
    connection.end(lost)
    await settled()
    const connecting = peer.connect()
    await settled()
    // A dial that takes long is not the last one.
    const dial = transport.last
    await vi.advanceTimersByTimeAsync(dialMs)
    dial.succeed({ rttMs })
    await vi.advanceTimersByTimeAsync(watchedMs - 1)
    expect(peer.state).toBe('verifying')
    await vi.advanceTimersByTimeAsync(1)
    expect(peer.state).toBe('ready')
    expect(await connecting).toBe(peer.current)
  })

  it.each([
    ['of the last connection over the same path', 'https://relay.example/', 80],
    ['of this one over another path', 'https://other.example/', 650],
  ])('may be over after a loss: the round trip is that %s, after an outage', async (_what, address, watchedMs) => {
    const relay = { kind: 'relay', address: 'https://relay.example/', rttMs: 10, selected: false } as const
    const direct = { kind: 'direct', address: '127.0.0.1:1', rttMs: 1, selected: true } as const
    const { peer, transport } = setUp()
    const first = peer.connect()
    const connection = transport.last.succeed({ paths: [direct, relay] })
    await first
    await settled()
    connection.end(lost)
    await settled()
    const again = peer.connect()
    await settled()
    // A dial that takes long is not the last one.
    const dial = transport.last
    await vi.advanceTimersByTimeAsync(4_000)
    dial.succeed({ rttMs: 200, paths: [{ ...relay, address, rttMs: 200, selected: true }] })
    await vi.advanceTimersByTimeAsync(watchedMs - 1)
    expect(peer.state).toBe('verifying')
    await vi.advanceTimersByTimeAsync(1)
    expect(peer.state).toBe('ready')
    expect(await again).toBe(peer.current)
  })

  it('is not asked for again if it was granted and the following dial failed', async () => {
    const { peer, transport, open, admissions } = setUp()
    const { connection } = await open()
    connection.end(refused)
    await settled()
    const error = failure(peer.connect())
    admissions[0]?.settle()
    await settled()
    transport.last.fail('no peer there')
    expect(await error).toMatchObject({ code: StatusCode.UNAVAILABLE })
    void peer.connect()
    await vi.advanceTimersByTimeAsync(50)
    expect([peer.state, admissions.length]).toEqual(['connecting', 1])
  })

  it('is asked for if an open connection was closed with 403', async () => {
    const { peer, open, admissions } = setUp()
    const { connection } = await open()
    connection.end(refused)
    await settled()
    void peer.connect()
    expect(peer.state).toBe('admitting')
    expect(admissions).toHaveLength(1)
  })

  it('is not asked for if the new connection is closed with another code, and the peer is dialled once more', async () => {
    const { peer, transport, open, admissions } = setUp()
    const { connection } = await open()
    connection.end(lost)
    await settled()
    const error = failure(peer.connect())
    for (let dials = 2; dials <= 3; dials++) {
      expect(transport.dials).toHaveLength(dials)
      transport.last.succeed().end({ by: 'peer', code: 0, reason: '' })
      await settled()
    }
    expect(await error).toMatchObject({
      code: StatusCode.UNAVAILABLE,
      message: 'the connection to the producer there ended as soon as it stood: closed by the producer (code 0)',
    })
    expect(peer.state).toBe('idle')
    expect(admissions).toHaveLength(0)
  })

  it('is asked for again after a refusal and the backoff', async () => {
    const { peer, open, admissions, transport } = setUp()
    const { connection } = await open()
    connection.end(refused)
    await settled()
    const error = failure(peer.connect())
    admissions[0]?.settle(new Error('denied'))
    expect(await error).toMatchObject({ message: 'denied' })
    expect(peer.state).toBe('idle')
    const dials = transport.dials.length
    void peer.connect()
    expect(peer.state).toBe('backoff')
    await vi.advanceTimersByTimeAsync(50)
    expect(peer.state).toBe('admitting')
    expect([admissions.length, transport.dials.length]).toEqual([2, dials])
  })
})
