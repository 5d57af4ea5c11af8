import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { TimeoutPlace, TimeoutQueue } from './timeout-queue.ts'

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }))
afterEach(() => void vi.useRealTimers())

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

function createQueue(ms: number) {
  const ended: string[] = []
  return { ended, queue: new TimeoutQueue<string>(ms, (item) => void ended.push(item)) }
}

const createPlaces = () => ['a', 'b', 'c', 'd'].map((item) => new TimeoutPlace(item)) as Places
type Places = [a: TimeoutPlace<string>, b: TimeoutPlace<string>, c: TimeoutPlace<string>, d: TimeoutPlace<string>]

it('times out each item, with one timer for all', async () => {
  const { queue, ended } = createQueue(1_000)
  const [a, b, c, d] = createPlaces()
  queue.add(a)
  await turn()
  vi.advanceTimersByTime(400)
  queue.add(b)
  queue.add(c)
  queue.add(d)
  queue.delete(c)
  await turn()
  expect(vi.getTimerCount()).toBe(1)
  vi.advanceTimersByTime(600)
  expect(ended).toEqual(['a'])
  vi.advanceTimersByTime(399)
  expect(ended).toEqual(['a'])
  vi.advanceTimersByTime(1)
  expect(ended).toEqual(['a', 'b', 'd'])
  expect(vi.getTimerCount()).toBe(0)
})

it('restarts the timeout of an item that is added again', async () => {
  const { queue, ended } = createQueue(1_000)
  const [a] = createPlaces()
  for (let i = 0; i < 10; i++) {
    queue.add(a)
    await turn()
    vi.advanceTimersByTime(900)
  }
  expect(ended).toEqual([])
  vi.advanceTimersByTime(100)
  expect(ended).toEqual(['a'])
})

it('needs no timer for items that are removed within a turn, nor after it is stopped while empty', async () => {
  const { queue } = createQueue(1_000)
  const [a, b] = createPlaces()
  queue.add(a)
  queue.delete(a)
  await turn()
  expect(vi.getTimerCount()).toBe(0)
  queue.add(b)
  await turn()
  expect(vi.getTimerCount()).toBe(1)
  queue.stop()
  expect(vi.getTimerCount()).toBe(1)
  queue.delete(b)
  queue.stop()
  expect(vi.getTimerCount()).toBe(0)
  const { queue: never } = createQueue(Infinity)
  never.add(a)
  await turn()
  expect(vi.getTimerCount()).toBe(0)
})

it('lets bytes that arrived during a stall be read first', async () => {
  const { queue, ended } = createQueue(1_000)
  const [a] = createPlaces()
  queue.add(a)
  await turn()
  // As after SIGSTOP and SIGCONT: the clock is far ahead when the timer fires.
  const now = vi.spyOn(performance, 'now').mockReturnValue(performance.now() + 60_000)
  vi.advanceTimersByTime(1_000)
  expect(ended).toEqual([])
  now.mockRestore()
  queue.delete(a)
  vi.advanceTimersByTime(1_000)
  expect([ended, vi.getTimerCount()]).toEqual([[], 0])
})
