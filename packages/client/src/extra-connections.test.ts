import type { CloseInfo } from '@aster/rpc-core'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { FakeConnection } from '../test/fake-transport.ts'
import { lost, settled, setUp } from '../test/peer-setup.ts'
import type { SharedConnection } from './shared-connection.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const full = { openStreams: 4, waitedMs: 50 }
const tooMany: CloseInfo = { by: 'peer', code: 429, reason: 'too many connections' }
/** Milliseconds for which a new connection is watched for a refusal. */
const WATCH_MS = 5

/** Returns a peer with a number of connections, of which all but the last are full. */
async function setUpFull(connections = 1, options: Parameters<typeof setUp>[0] = {}) {
  const scene = setUp(options)
  const { shared: first, connection } = await scene.open()
  const ends: FakeConnection[] = [connection]
  const all: SharedConnection[] = [first]
  for (let i = 0; i < 4; i++) first.acquire()
  while (all.length < connections) {
    for (const one of all) one.findRoom(full)
    ends.push(scene.transport.last.succeed())
    await vi.advanceTimersByTimeAsync(WATCH_MS)
    const next = first.findRoom(full)
    if (next === undefined) expect.unreachable('another connection is expected')
    for (let i = 0; i < 4; i++) next.acquire()
    all.push(next)
  }
  return { ...scene, first, all, ends }
}

describe('a connection that is full', () => {
  it('is joined by a second one without a further admission', async () => {
    const { peer, transport, first, admissions } = await setUpFull()
    expect(first.findRoom(full)).toBeUndefined()
    expect(first.findRoom(full)).toBeUndefined()
    expect(transport.dials).toHaveLength(2)
    const connection = transport.last.succeed()
    await settled()
    expect(first.findRoom(full)).toBeUndefined()
    await vi.advanceTimersByTimeAsync(WATCH_MS)
    const second = first.findRoom(full)
    expect(second?.connection).toBe(connection)
    expect(peer.pick()).toBe(second)
    expect([peer.current, admissions.length]).toEqual([first, 0])
  })

  it.each([1, 2, 4])('is one of at most %i', async (maxConnections) => {
    const { all, transport } = await setUpFull(maxConnections, { maxConnections })
    for (const one of all) one.findRoom(full)
    for (const one of all) expect(one.findRoom(full)).toBeUndefined()
    expect(transport.dials).toHaveLength(maxConnections)
  })

  it('is one of at most four by default', async () => {
    const { all, transport } = await setUpFull(4)
    for (const one of all) one.findRoom(full)
    expect(all[3]?.findRoom(full)).toBeUndefined()
    expect(transport.dials).toHaveLength(4)
  })

  it.each<[string, (how: { fail: () => void; close: () => void }) => void]>([
    ['cannot be dialled', ({ fail }) => fail()],
    ['is refused by the producer', ({ close }) => close()],
  ])('keeps what there is for 30 s if another one %s', async (_, end) => {
    const { first, transport, losses, peer } = await setUpFull()
    first.findRoom(full)
    end({ fail: () => transport.last.fail('no peer there'), close: () => transport.last.succeed().end(tooMany) })
    await vi.advanceTimersByTimeAsync(29_990)
    expect(first.findRoom(full)).toBeUndefined()
    expect(transport.dials).toHaveLength(2)
    await vi.advanceTimersByTimeAsync(10)
    first.findRoom(full)
    expect(transport.dials).toHaveLength(3)
    expect([losses, peer.current]).toEqual([[], first])
  })
})

describe('several connections', () => {
  it('share the calls: the one with the fewest is next', async () => {
    const { peer, all } = await setUpFull(2)
    const [first, second] = all
    await vi.advanceTimersByTimeAsync(150)
    second?.release()
    expect(peer.pick()).toBe(second)
    first?.release()
    first?.release()
    expect(peer.pick()).toBe(first)
    expect(peer.pending).toBe(5)
  })

  it('are closed except the first after 30 s in which the first could carry all calls', async () => {
    const { peer, all, ends } = await setUpFull(2)
    const [first, second] = all
    await vi.advanceTimersByTimeAsync(150)
    for (let i = 0; i < 4; i++) second?.release()
    for (let i = 0; i < 3; i++) first?.release()
    expect(peer.pick()).toBe(first)
    await vi.advanceTimersByTimeAsync(30_000)
    expect(ends.map(({ info }) => info?.by)).toEqual([undefined, 'local'])
    expect([peer.pick(), peer.state]).toEqual([first, 'ready'])
  })

  it('are not affected by the loss of one', async () => {
    const { peer, all, ends, losses } = await setUpFull(3)
    ends[1]?.end(lost)
    await settled()
    expect([peer.current, losses]).toEqual([all[0], []])
    expect([ends[0]?.info, ends[2]?.info]).toEqual([undefined, undefined])
  })

  it('continue if the peer closes the first', async () => {
    const { peer, all, ends, losses, transport } = await setUpFull(2)
    ends[0]?.end(tooMany)
    await settled()
    expect([peer.current, losses, transport.dials.length]).toEqual([all[1], [], 2])
  })

  it('take no new calls after the network has lost the first, and end with their last call', async () => {
    const { peer, all, ends, losses } = await setUpFull(2)
    ends[0]?.end(lost)
    await settled()
    expect([peer.pick(), peer.state, losses.length]).toEqual([undefined, 'idle', 1])
    expect(ends[1]?.info).toBeUndefined()
    for (let i = 0; i < 4; i++) all[1]?.release()
    expect(ends[1]?.info).toMatchObject({ by: 'local' })
  })

  it('are closed with the client, including replaced ones that still have calls', async () => {
    const { all, ends, close } = await setUpFull(3)
    for (let i = 0; i < 16; i++) all[0]?.reportStream('stopped')
    close()
    expect(ends.map(({ info }) => info?.by)).toEqual(['local', 'local', 'local'])
  })
})

describe('a connection whose peer does not end streams', () => {
  it('is replaced after 16 within a minute, and closed when its calls have ended', async () => {
    const { peer, first, ends, transport, losses, admissions } = await setUpFull()
    for (let i = 0; i < 15; i++) first.reportStream('stopped')
    expect(peer.pick()).toBe(first)
    first.reportStream('stopped')
    expect(peer.pick()).toBeUndefined()
    void peer.connect()
    transport.last.succeed()
    await settled()
    expect(peer.state).toBe('ready')
    expect([ends[0]?.info, losses, admissions.length]).toEqual([undefined, [], 0])
    for (let i = 0; i < 4; i++) first.release()
    expect(ends[0]?.info).toMatchObject({ by: 'local' })
  })

  it('is not replaced if such streams come at long intervals', async () => {
    const { peer, first } = await setUpFull()
    for (let i = 0; i < 100; i++) {
      first.reportStream('stopped')
      await vi.advanceTimersByTimeAsync(5_000)
    }
    expect(peer.pick()).toBe(first)
  })

  it('is replaced when it is full, and half of its streams are overdue', async () => {
    const { peer, first } = await setUpFull(1, { maxConnections: 1 })
    for (let i = 0; i < 16; i++) first.reportStream('overdue')
    first.reportStream('ended')
    first.findRoom(full)
    expect(peer.pick()).toBe(first)
    first.reportStream('overdue')
    expect(peer.pick()).toBe(first)
    first.findRoom({ ...full, openStreams: 17 })
    expect(peer.pick()).toBe(first)
    first.findRoom(full)
    expect(peer.pick()).toBeUndefined()
  })

  it('is replaced when a call waits 1 s on it and no other call has a stream; calls that wait move to the next', async () => {
    const { peer, first, ends, transport } = await setUpFull(1, { maxConnections: 1 })
    const stuck = { openStreams: 0, waitedMs: 1_000 }
    expect(first.findRoom({ ...stuck, waitedMs: 999 })).toBeUndefined()
    expect(peer.pick()).toBe(first)
    expect(first.findRoom(stuck)).toBeUndefined()
    const connection = transport.last.succeed()
    await settled()
    const next = first.findRoom(stuck)
    expect(next?.connection).toBe(connection)
    expect(next?.findRoom(stuck)).toBeUndefined()
    expect([ends[0]?.info, transport.dials.length]).toEqual([undefined, 2])
  })
})
