import { afterEach, expect, it, vi } from 'vitest'
import { AbortScope } from '../signals/abort-scope.ts'
import { runSoon } from '../signals/soon.ts'
import { LARGE_MESSAGE, MessageTurns } from './message-turns.ts'

afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
})

const soon = (): Promise<void> => new Promise((resolve) => runSoon(resolve))

/** Turns that record the order of messages. */
function create() {
  const turns = new MessageTurns((end, ms) => setTimeout(end, ms))
  const order: string[] = []
  const enter = (peer: string, name: string, size = LARGE_MESSAGE, scope?: AbortScope): Promise<void> | undefined => {
    const waiting = turns.wait(peer, size, scope)
    if (waiting === undefined) order.push(name)
    return waiting?.then(() => void order.push(name))
  }
  return { turns, order, enter }
}

it('lets one large message through at a time, alternating between peers', async () => {
  const { order, enter } = create()
  const waiting = ['a1', 'a2', 'a3', 'a4', 'b1', 'b2', 'c1'].map((name) => enter(name.charAt(0), name))
  expect(order).toEqual(['a1'])
  await Promise.all(waiting.map(async (turn) => turn))
  expect(order).toEqual(['a1', 'a2', 'b1', 'c1', 'a3', 'b2', 'a4'])
})

it('leaves a turn of the event loop between two large messages', async () => {
  const { order, enter } = create()
  vi.spyOn(performance, 'now').mockReturnValue(0)
  const waiting = ['1', '2', '3'].map((name) => enter('a', name))
  const seen: number[] = []
  for (let i = 0; i < 3; i++) {
    seen.push(order.length)
    await soon()
  }
  expect(seen).toEqual([1, 2, 3])
  await Promise.all(waiting.map(async (turn) => turn))
})

it('rests for as long as a long turn took, but at most a second', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  const now = vi.spyOn(performance, 'now').mockReturnValue(0)
  const { order, enter } = create()
  const waiting = ['1', '2', '3'].map((name) => enter('a', name))
  now.mockReturnValue(300)
  await soon()
  vi.advanceTimersByTime(299)
  await soon()
  expect(order).toEqual(['1'])
  vi.advanceTimersByTime(1)
  await waiting[1]
  expect(order).toEqual(['1', '2'])
  now.mockReturnValue(9_300)
  await soon()
  vi.advanceTimersByTime(1_000)
  await Promise.all(waiting.map(async (turn) => turn))
  expect(order).toEqual(['1', '2', '3'])
})

it('lets small messages pass, and per turn of the event loop up to 256 KiB of other messages of a peer', async () => {
  const { order, enter } = create()
  void enter('a', 'large')
  const waiting = enter('a', 'next')
  for (let i = 0; i < 100; i++) expect(enter('a', 'small', 16_384)).toBe(undefined)
  for (let i = 0; i < 4; i++) expect(enter('b', 'medium', 64_000)).toBe(undefined)
  const fifth = enter('b', 'fifth', 64_000)
  expect(fifth).toBeInstanceOf(Promise)
  await waiting
  await fifth
  expect(order.slice(-2)).toEqual(['next', 'fifth'])
  await soon()
  expect(enter('b', 'later', 64_000)).toBe(undefined)
})

it('lets messages that are not large share a turn', async () => {
  const { order, enter, turns } = create()
  vi.spyOn(performance, 'now').mockReturnValue(0)
  void enter('a', 'large')
  const waiting = Array.from({ length: 8 }, (_, i) => enter('b', `${i}`, 80_000))
  // Three messages of 80,000 bytes pass at once, and three more share a turn.
  expect(order).toHaveLength(4)
  await soon()
  await waiting[5]
  expect(order).toHaveLength(7)
  await Promise.all(waiting.map(async (turn) => turn))
  await soon()
  await soon()
  expect(turns.isBusy).toBe(false)
})

it('removes the message of an ended call from the queue', async () => {
  const { order, enter } = create()
  const scope = new AbortScope()
  void enter('a', '1')
  const left = enter('a', '2', LARGE_MESSAGE, scope)
  const last = enter('a', '3')
  scope.abort(new Error('left'))
  await expect(left).rejects.toThrow('left')
  await last
  expect(order).toEqual(['1', '3'])
  const aborted = enter('a', '4', LARGE_MESSAGE, scope)
  await expect(aborted).rejects.toThrow('left')
})
