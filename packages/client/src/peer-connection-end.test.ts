// The ends of a connection on this side: the idle timeout, and the end of the client.
import { StatusCode } from '@aster/rpc-core'
import { TOO_MANY } from '@aster/rpc-core/protocol'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { failure, lost, settled, setUp } from '../test/peer-setup.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

describe('the idle timeout', () => {
  it('closes an unused connection without reporting a loss, and the next call dials', async () => {
    const { peer, open, losses } = setUp({ idleTimeoutMs: 1_000 })
    const { connection } = await open()
    await vi.advanceTimersByTimeAsync(999)
    expect(peer.state).toBe('ready')
    await vi.advanceTimersByTimeAsync(1)
    expect(peer.state).toBe('idle')
    expect(connection.info).toEqual({ by: 'local', code: 0, reason: 'idle' })
    expect(losses).toEqual([])
    await open()
  })

  it('counts from the end of the last call', async () => {
    const { peer, open } = setUp({ idleTimeoutMs: 1_000 })
    const { shared } = await open()
    shared.acquire()
    shared.acquire()
    await vi.advanceTimersByTimeAsync(5_500)
    shared.release()
    await vi.advanceTimersByTimeAsync(5_000)
    shared.release()
    await vi.advanceTimersByTimeAsync(999)
    expect(peer.state).toBe('ready')
    await vi.advanceTimersByTimeAsync(1)
    expect(peer.state).toBe('idle')
  })

  it('leaves no timer when the connection has ended', async () => {
    const { open } = setUp({ idleTimeoutMs: 1_000 })
    const { connection } = await open()
    expect(vi.getTimerCount()).toBe(1)
    connection.end(lost)
    await settled()
    expect(vi.getTimerCount()).toBe(0)
  })

  it('may be longer than a timer allows, and may be Infinity', async () => {
    const { peer, open } = setUp({ idleTimeoutMs: 2 ** 32 })
    await open()
    await vi.advanceTimersByTimeAsync(2 ** 31)
    expect(peer.state).toBe('ready')
    await vi.advanceTimersByTimeAsync(2 ** 31)
    expect(peer.state).toBe('idle')
    const never = setUp()
    await never.open()
    expect(vi.getTimerCount()).toBe(0)
  })
})

describe('a producer with too many connections', () => {
  const crowded = { by: 'peer', code: TOO_MANY, reason: 'this peer has 64 connections open' } as const

  it('is not dialled for a moment, and the caller gets RESOURCE_EXHAUSTED with the limit', async () => {
    const { peer, transport, open, losses } = setUp()
    const { connection } = await open()
    connection.end(crowded)
    await settled()
    expect(losses).toEqual(['closed by the producer (code 429: this peer has 64 connections open)'])
    const error = failure(peer.connect())
    await settled()
    expect(peer.state).toBe('backoff')
    await vi.advanceTimersByTimeAsync(5_000)
    transport.last.succeed().end(crowded)
    await vi.advanceTimersByTimeAsync(10_000)
    transport.last.succeed().end(crowded)
    await settled()
    expect(await error).toMatchObject({
      code: StatusCode.RESOURCE_EXHAUSTED,
      message: expect.stringContaining('this peer has 64 connections open'),
    })
  })
})

describe('closing', () => {
  const closedError = { code: StatusCode.UNAVAILABLE, message: expect.stringContaining('the client is closed') }

  it('while dialling ends the dial, and rejects all callers', async () => {
    const { peer, transport, close } = setUp()
    const error = failure(peer.connect())
    close()
    expect(await error).toMatchObject(closedError)
    expect(transport.last.aborted).toBe(true)
    expect(peer.state).toBe('closed')
    expect(vi.getTimerCount()).toBe(0)
  })

  it('while waiting ends the backoff', async () => {
    const { peer, transport, close } = setUp()
    const first = failure(peer.connect())
    transport.last.fail('no peer there')
    await first
    const error = failure(peer.connect())
    expect(peer.state).toBe('backoff')
    close()
    expect(await error).toMatchObject(closedError)
    expect(peer.state).toBe('closed')
    expect(vi.getTimerCount()).toBe(0)
  })

  it('while a new connection is watched for a 403 closes that connection', async () => {
    const { peer, transport, open, close } = setUp()
    const { connection } = await open()
    connection.end(lost)
    await settled()
    const error = failure(peer.connect())
    const second = transport.last.succeed()
    await settled()
    close()
    expect(await error).toMatchObject(closedError)
    expect(second.info).toMatchObject({ by: 'local' })
    expect(peer.state).toBe('closed')
  })

  it('closes a connection that comes at the same moment', async () => {
    const { peer, transport, close } = setUp()
    const error = failure(peer.connect())
    const connection = transport.last.succeed()
    close()
    expect(await error).toMatchObject(closedError)
    expect(connection.info).toMatchObject({ by: 'local' })
    expect(peer.state).toBe('closed')
  })

  it('while open closes the connection without reporting a loss', async () => {
    const { peer, open, losses, close } = setUp({ idleTimeoutMs: 1_000 })
    const { connection } = await open()
    close()
    await settled()
    expect(connection.info).toMatchObject({ by: 'local', code: 0 })
    expect([peer.state, losses, vi.getTimerCount()]).toEqual(['closed', [], 0])
    expect(await failure(peer.connect())).toMatchObject(closedError)
    expect(peer.state).toBe('closed')
  })
})
