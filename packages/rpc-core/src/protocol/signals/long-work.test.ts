import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { LongWork } from './long-work.ts'

beforeEach(() => void vi.useFakeTimers({ toFake: ['performance'] }))
afterEach(() => void vi.useRealTimers())

it('pauses for a turn of the event loop after 10 ms, and not before', async () => {
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
  await work.pause()
  expect(work.pause()).toBeUndefined()
})
