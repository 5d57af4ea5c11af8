import { afterEach, expect, it, vi } from 'vitest'
import { epochNow } from './clock.ts'

afterEach(() => void vi.useRealTimers())

it('is close to the system time', () => {
  expect(Math.abs(epochNow() - Date.now())).toBeLessThan(60_000)
})

it('does not follow a fake Date', () => {
  const before = epochNow()
  vi.useFakeTimers({ toFake: ['Date'], now: 0 })
  expect(Date.now()).toBe(0)
  expect(epochNow()).toBeGreaterThanOrEqual(before)
})
