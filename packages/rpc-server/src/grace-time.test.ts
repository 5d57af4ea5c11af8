import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { GraceTime } from './grace-time.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => {
  expect(vi.getTimerCount()).toBe(0)
  vi.useRealTimers()
})

/** Returns the milliseconds after which the grace time is over. */
function lasts(grace: GraceTime): number | undefined {
  for (let ms = 0; ms <= 1_000; ms++, vi.advanceTimersByTime(1)) if (grace.expired.aborted) return ms
  return undefined
}

it.each<[readonly number[], number | undefined]>([
  [[0], 0],
  [[10], 10],
  [[Infinity], undefined],
  [[Infinity, 10], 10],
  [[10, Infinity, 100], 10],
  [[100, 10, 50], 10],
  [[100, 0], 0],
])('of %o lasts %s ms: the shortest counts', (times, wanted) => {
  const grace = new GraceTime()
  for (const ms of times) grace.limit(ms)
  expect(lasts(grace)).toBe(wanted)
})

it('counts from now', () => {
  const grace = new GraceTime()
  grace.limit(100)
  vi.advanceTimersByTime(95)
  grace.limit(50)
  expect(lasts(grace)).toBe(5)
})

it('has no timer after stop(), even if a limit is set then', () => {
  const grace = new GraceTime()
  grace.limit(100)
  grace.stop()
  grace.limit(10)
  expect(lasts(grace)).toBeUndefined()
})
