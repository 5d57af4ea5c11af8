import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { LongWork } from './long-work.ts'

beforeEach(() => void vi.useFakeTimers({ toFake: ['performance'] }))
afterEach(() => void vi.useRealTimers())

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

it('pauses for a turn of the event loop after 10 ms of work, and not before', async () => {
  const work = new LongWork()
  vi.advanceTimersByTime(9)
  expect(work.pause()).toBeUndefined()
  vi.advanceTimersByTime(1)
  let turns = 0
  setImmediate(() => turns++)
  const pause = work.pause()
  expect(pause).toBeInstanceOf(Promise)
  await pause
  expect(turns).toBe(1)
  expect(work.pause()).toBeUndefined()
  vi.advanceTimersByTime(10)
  await expect(work.pause()).resolves.toBeUndefined()
})

it('does not pause a loop that waits by itself', async () => {
  const work = new LongWork()
  for (let i = 0; i < 3; i++) {
    await turn()
    vi.advanceTimersByTime(50)
    expect(work.pause()).toBeUndefined()
  }
  vi.advanceTimersByTime(10)
  expect(work.pause()).toBeInstanceOf(Promise)
})
