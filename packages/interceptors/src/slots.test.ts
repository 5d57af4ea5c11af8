import { RpcError } from '@aster/rpc-core'
import { type AbortSource, NEVER } from '@aster/rpc-core/protocol'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Share } from './share.ts'
import { type SlotRequest, Slots } from './slots.ts'

/** Acquires a place, and waits for it if need be. */
function acquire(slots: Slots, request: SlotRequest): Promise<Share> {
  try {
    const acquired = slots.acquire(request)
    return acquired instanceof Promise ? acquired : Promise.resolve(acquired)
  } catch (error) {
    return Promise.reject(error)
  }
}

/** Slots, and calls of peers that are named by one letter each. */
function setUp(maxConcurrent: number, queue: number) {
  const slots = new Slots(maxConcurrent, queue)
  /** The calls that run, and the calls that were refused, by their peers and in their order. */
  const running: { peer: string; share: Share }[] = []
  const refused: string[] = []
  const call = (peer: string, signal: AbortSource = NEVER): void =>
    void acquire(slots, { signal, subject: 'it', peer }).then(
      (share) => running.push({ peer, share }),
      (error: unknown) => refused.push(`${peer}: ${error instanceof RpcError ? error.message : 'odd'}`),
    )
  const callAll = async (peers: string): Promise<void> => {
    for (const peer of peers) call(peer)
    await settle()
  }
  /** Ends the call of a peer that has run longest. */
  const end = async (peer: string): Promise<void> => {
    const at = running.findIndex((one) => one.peer === peer)
    const [one] = running.splice(at, 1)
    if (at === -1 || one === undefined) expect.unreachable(`no call of ${peer} runs`)
    slots.release(one.share)
    await settle()
  }
  const runs = (): string => running.map(({ peer }) => peer).join('')
  const refusals = (): string => refused.map(([peer]) => peer).join('')
  return { slots, call, callAll, end, running, runs, refused, refusals }
}

const settle = async (): Promise<void> => {
  for (let i = 0; i < 5; i++) await Promise.resolve()
}

describe('places', () => {
  it('may all be held by a peer that is alone', async () => {
    for (const queue of [0, 3]) {
      const { callAll, runs, refusals } = setUp(4, queue)
      await callAll('aaaa')
      expect([runs(), refusals()]).toEqual(['aaaa', ''])
    }
  })

  it('go to the peer that waits and holds the fewest', async () => {
    const { callAll, end, runs } = setUp(3, 20)
    await callAll('aaaaaaa')
    await callAll('bbbccc')
    await end('a')
    expect(runs()).toBe('aab')
    await end('a')
    expect(runs()).toBe('abc')
  })

  it('go to the peers in turns if the peers hold equally many', async () => {
    const { callAll, end, runs } = setUp(1, 20)
    await callAll('aaaabbbccc')
    for (const [peer, next] of ['ab', 'bc', 'ca', 'ab', 'bc', 'ca']) {
      await end(peer ?? '')
      expect(runs()).toBe(next)
    }
  })

  it('go to the call of a peer that has waited longest', async () => {
    const slots = new Slots(1, 5)
    const order: number[] = []
    const request = { signal: NEVER, subject: 'it', peer: 'a' }
    const first = await slots.acquire(request)
    for (let i = 0; i < 5; i++) void acquire(slots, request).then(() => order.push(i))
    for (let i = 0; i < 5; i++) {
      slots.release(first)
      await settle()
    }
    expect(order).toEqual([0, 1, 2, 3, 4])
  })
})

describe('a queue that is full', () => {
  it('replaces the newest call of the peer that waits most by a call of another peer', async () => {
    const { callAll, end, runs, refused } = setUp(2, 3)
    await callAll('aaaaa')
    await callAll('b')
    expect(refused).toEqual(['a: it: 2 calls are in flight, and 3 are waiting'])
    await end('a')
    expect(runs()).toBe('ab')
  })

  it('refuses further calls of the peer that waits most', async () => {
    const { callAll, refusals, end, runs } = setUp(1, 3)
    await callAll('aaaab')
    expect(refusals()).toBe('a')
    await callAll('aaaa')
    expect(refusals()).toBe('aaaaa')
    await end('a')
    expect(runs()).toBe('b')
  })

  it('of one call is not taken from a peer that holds no more', async () => {
    const { callAll, refusals } = setUp(1, 1)
    await callAll('aab')
    expect(refusals()).toBe('a')
    await callAll('aca')
    expect(refusals()).toBe('aaca')
  })

  it('is shared by all that call', async () => {
    const { callAll, refusals } = setUp(1, 6)
    await callAll('aaaaaaabbbbbbbccccccc')
    await callAll('aaabbbccc')
    const waiting = (peer: string): number => refusals().split(peer).length - 1
    // One call of `a` runs.
    expect([10 - 1 - waiting('a'), 10 - waiting('b'), 10 - waiting('c')]).toEqual([2, 2, 2])
  })

  it('forgets a call that is cancelled', async () => {
    const { call, callAll, slots, end, refused, runs } = setUp(1, 2)
    await callAll('a')
    const controllers = [new AbortController(), new AbortController()]
    for (const { signal } of controllers) call('a', signal)
    controllers[1]?.abort()
    await callAll('aab')
    expect(refused.map((text) => text.slice(0, 12))).toEqual(['a: the calle', 'a: it: 1 cal', 'a: it: 1 cal'])
    controllers[0]?.abort()
    await end('a')
    expect(runs()).toBe('b')
    await end('b')
    expect(slots.idle).toBe(true)
  })
})

describe('without a queue', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  it('keeps a place for a peer that was refused, until it has its share', async () => {
    const { callAll, end, runs, refused } = setUp(4, 0)
    await callAll('aaaab')
    expect(refused).toEqual(['b: it: 4 calls are in flight'])
    await end('a')
    await callAll('a')
    expect(refused[1]).toBe('a: it: 3 calls of this peer are in flight, which is its share of 4 while other peers call')
    await callAll('bb')
    expect([runs(), refused.length]).toEqual(['aaab', 3])
    await end('a')
    await callAll('ab')
    expect(runs()).toBe('aabb')
  })

  it('lets a peer have more than its share of the places that are not reserved: eight are at first', async () => {
    const { callAll, end, runs } = setUp(40, 0)
    await callAll(`${'a'.repeat(40)}b`)
    for (let i = 0; i < 10; i++) await end('a')
    await callAll('aaaa')
    expect(runs()).toBe('a'.repeat(32))
    await callAll('b'.repeat(9))
    expect(runs()).toBe(`${'a'.repeat(32)}${'b'.repeat(8)}`)
    // The peer was refused although eight were reserved: sixteen are reserved from now on.
    for (let i = 0; i < 10; i++) await end('a')
    await callAll('aaa')
    expect(runs()).toBe(`${'a'.repeat(22)}${'b'.repeat(8)}aa`)
    await callAll('b'.repeat(9))
    expect(runs()).toBe(`${'a'.repeat(22)}${'b'.repeat(8)}aa${'b'.repeat(8)}`)
  })

  it('reserves a place for 5 s after the last call of the peer', async () => {
    const { callAll, end, runs } = setUp(2, 0)
    await callAll('aab')
    await end('a')
    vi.advanceTimersByTime(4_900)
    await callAll('a')
    expect(runs()).toBe('a')
    await callAll('b')
    await end('b')
    vi.advanceTimersByTime(4_900)
    await callAll('a')
    expect(runs()).toBe('a')
    vi.advanceTimersByTime(200)
    await callAll('a')
    expect(runs()).toBe('aa')
  })

  it('serves a peer that calls now and then beside one that floods', async () => {
    const { callAll, end, running, refusals } = setUp(4, 0)
    let served = 0
    for (let i = 0; i < 100; i++) {
      await callAll('aaaaaaaa')
      await callAll('b')
      if (running.some(({ peer }) => peer === 'b')) {
        served++
        await end('b')
      }
      await end('a')
      vi.advanceTimersByTime(100)
    }
    expect(served).toBeGreaterThan(97)
    expect(refusals().length).toBeGreaterThan(100)
  })

  it('reserves places for a bounded number of peers, and forgets peers that are idle', async () => {
    const { slots, callAll, end } = setUp(100, 0)
    await callAll('a'.repeat(100))
    for (let i = 0; i < 1_000; i++) {
      const request = { signal: NEVER, subject: 'it', peer: `peer ${i}` }
      await expect(acquire(slots, request)).rejects.toMatchObject({ codeName: 'RESOURCE_EXHAUSTED' })
    }
    for (let i = 0; i < 64; i++) await end('a')
    await callAll('a')
    await end('a')
    vi.advanceTimersByTime(10_000)
    await callAll('a'.repeat(65))
    expect(slots.idle).toBe(false)
  })
})

it('never runs more than maxConcurrent calls, nor leaves a place free while a call waits', async () => {
  const step = fc.record({ peer: fc.constantFrom('a', 'b', 'c'), kind: fc.constantFrom('call', 'end', 'abort') })
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 4 }),
      fc.integer({ min: 0, max: 4 }),
      fc.array(step, { maxLength: 60 }),
      async (max, queue, steps) => {
        const { slots, call, end, running, refused } = setUp(max, queue)
        const signal: { peer: string; controller: AbortController }[] = []
        let calls = 0
        for (const { peer, kind } of steps) {
          if (kind === 'call') {
            const controller = new AbortController()
            signal.push({ peer, controller })
            calls++
            call(peer, controller.signal)
          } else if (kind === 'abort') {
            signal.find((one) => one.peer === peer && !one.controller.signal.aborted)?.controller.abort()
          } else if (running.some((one) => one.peer === peer)) {
            await end(peer)
            calls--
          }
          await settle()
          const waiting = calls - running.length - refused.length
          expect(running.length).toBeLessThanOrEqual(max)
          expect(waiting).toBeLessThanOrEqual(queue)
          if (waiting > 0) expect(running.length).toBe(max)
        }
        while (running[0] !== undefined) {
          await end(running[0].peer)
          calls--
        }
        expect([slots.idle, calls - refused.length]).toEqual([true, 0])
      },
    ),
  )
})
