// A peer that is not the endpoint that admits: its address may be out of date.
import { type NodeAddr, RpcError, StatusCode } from '@aster/rpc-core'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { failure, refused, settled, setUp } from '../test/peer-setup.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const elsewhere: NodeAddr = { endpointId: 'there', addresses: ['127.0.0.1:2'] }

/** Returns a peer whose last dial has failed, and whose backoff is over. */
async function unreached(options: Parameters<typeof setUp>[0] = {}) {
  const all = setUp({ resolvable: true, ...options })
  const first = failure(all.peer.connect())
  all.transport.last.fail('no peer there')
  expect(await first).toMatchObject({ code: StatusCode.UNAVAILABLE })
  expect(all.admissions).toHaveLength(0)
  const second = all.peer.connect()
  second.catch(() => {})
  expect(all.peer.state).toBe('backoff')
  await vi.advanceTimersByTimeAsync(50)
  return { ...all, second }
}

it('is resolved by the next attempt after a failed dial, and dialled at its current address', async () => {
  const { peer, transport, admissions, second } = await unreached()
  expect(peer.state).toBe('admitting')
  expect(transport.dials).toHaveLength(1)
  admissions[0]?.settle(elsewhere)
  await settled()
  expect(peer.state).toBe('connecting')
  expect(transport.last.address).toEqual(elsewhere)
  transport.last.succeed()
  expect((await second).connection.remoteId).toBe('there')
})

it('is resolved once for all concurrent callers, and not before the backoff ends', async () => {
  const { peer, admissions, second } = await unreached()
  const others = [peer.connect(), peer.connect()].map(failure)
  expect(admissions).toHaveLength(1)
  admissions[0]?.settle(new RpcError(StatusCode.UNAVAILABLE, 'no answer'))
  await Promise.all([failure(second), ...others])
  void peer.connect()
  expect(peer.state).toBe('backoff')
  await vi.advanceTimersByTimeAsync(99)
  expect(peer.state).toBe('backoff')
  expect(admissions).toHaveLength(1)
})

it('is dialled at its known address if the producer refuses the admission', async () => {
  const { transport, admissions, second } = await unreached()
  admissions[0]?.settle(new Error('denied'))
  await settled()
  expect(transport.dials).toHaveLength(2)
  transport.last.succeed()
  await expect(second).resolves.toBeDefined()
})

it('fails with the refusal if it cannot be reached either, and is resolved again the next time', async () => {
  const { peer, transport, admissions, second } = await unreached()
  admissions[0]?.settle(new Error('denied'))
  await settled()
  transport.last.fail('no peer there')
  expect(await failure(second)).toMatchObject({ message: 'denied' })
  void peer.connect()
  await vi.advanceTimersByTimeAsync(100)
  expect(admissions).toHaveLength(2)
})

it('is dialled the next time if the producer could not be asked', async () => {
  const { peer, transport, admissions, second } = await unreached()
  admissions[0]?.settle(new RpcError(StatusCode.UNAVAILABLE, 'no answer'))
  expect(await failure(second)).toMatchObject({ message: 'no answer' })
  void peer.connect()
  await vi.advanceTimersByTimeAsync(100)
  expect([transport.dials.length, admissions.length]).toEqual([2, 1])
  expect(peer.state).toBe('connecting')
})

it('is resolved again if the producer could not be asked and has forgotten the client', async () => {
  const { peer, transport, admissions, second } = await unreached()
  admissions[0]?.settle(new RpcError(StatusCode.UNAVAILABLE, 'no answer'))
  await failure(second)
  const third = peer.connect()
  await vi.advanceTimersByTimeAsync(100)
  transport.last.succeed().end(refused)
  await settled()
  expect([peer.state, admissions.length]).toEqual(['admitting', 2])
  admissions[1]?.settle(elsewhere)
  await settled()
  transport.last.succeed()
  expect(await third).toBe(peer.current)
})

it('is UNAVAILABLE if no channel leads to it any more', async () => {
  const { transport, admissions, second } = await unreached()
  admissions[0]?.settle(null)
  expect(await failure(second)).toMatchObject({
    code: StatusCode.UNAVAILABLE,
    message: 'the producer offers nothing at the endpoint there any more',
  })
  expect(transport.dials).toHaveLength(1)
})

it('is not resolved if it is the endpoint that admits', async () => {
  const { peer, transport, admissions } = await unreached({ resolvable: false })
  expect(peer.state).toBe('connecting')
  expect([transport.dials.length, admissions.length]).toEqual([2, 0])
})
