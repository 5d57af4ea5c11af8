import fc from 'fast-check'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { Backoff, backoffMs, type Clock, pause } from './backoff.ts'

const clock = (random: number): Clock => ({ now: () => 0, random: () => random })

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

it('doubles from 100 ms to 5 s, shortened by up to half at random', () => {
  const failures = [1, 2, 3, 4, 5, 6, 7, 8, 1000]
  expect(failures.map((count) => backoffMs(count, clock(1)))).toEqual([
    100, 200, 400, 800, 1600, 3200, 5000, 5000, 5000,
  ])
  expect(failures.map((count) => backoffMs(count, clock(0)))).toEqual([50, 100, 200, 400, 800, 1600, 2500, 2500, 2500])
})

it('is never more than 5 s, and never 0', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1e9 }), fc.double({ min: 0, max: 1, noNaN: true }), (failures, random) => {
      const ms = backoffMs(failures, clock(random))
      expect(ms).toBeGreaterThanOrEqual(50)
      expect(ms).toBeLessThanOrEqual(5000)
    }),
  )
})

it('waits, and leaves no timer or listener when it is cancelled', async () => {
  const { signal } = new AbortController()
  const waited = pause(100, signal)
  await vi.advanceTimersByTimeAsync(100)
  await waited
  const controller = new AbortController()
  const calledOff = pause(100, controller.signal)
  controller.abort(new Error('enough'))
  await expect(calledOff).rejects.toThrow('enough')
  await expect(pause(100, controller.signal)).rejects.toThrow('enough')
  expect(vi.getTimerCount()).toBe(0)
})

it('keeps the process alive', async () => {
  vi.useRealTimers()
  const timers = vi.spyOn(globalThis, 'setTimeout')
  await pause(1, new AbortController().signal)
  const made = timers.mock.results.map(({ value }) => value as NodeJS.Timeout)
  timers.mockRestore()
  expect(made.map((timer) => timer.hasRef())).toEqual([true])
})

it('waits longer after every failure in a row, and does not wait after a reset', () => {
  let now = 1_000
  const backoff = new Backoff({ now: () => now, random: () => 1 })
  expect([backoff.until, backoff.leftMs <= 0]).toEqual([0, true])
  backoff.fail()
  expect([backoff.until, backoff.leftMs]).toEqual([1_100, 100])
  now = 1_100
  expect(backoff.leftMs).toBe(0)
  backoff.fail()
  expect(backoff.leftMs).toBe(200)
  backoff.fail(60_000)
  expect(backoff.leftMs).toBe(60_000)
  backoff.reset()
  backoff.fail()
  expect(backoff.leftMs).toBe(100)
})

/** The tolerance of sums of fractions. */
const ROUNDING_MS = 1e-6

it('waits at most 2 s plus half the time since the first failure, for every random number', () => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 20 }), (chances) => {
      let now = 5
      let chance = 0
      const backoff = new Backoff({ now: () => now, random: () => chance })
      for (chance of chances) {
        backoff.fail()
        expect(backoff.leftMs).toBeLessThanOrEqual(2_000 + (now - 5) / 2 + ROUNDING_MS)
        now = backoff.until
      }
    }),
  )
  // A wait with an explicit length is not shortened.
  const backoff = new Backoff({ now: () => 5, random: () => 1 })
  backoff.fail(60_000)
  expect(backoff.leftMs).toBe(60_000)
})
