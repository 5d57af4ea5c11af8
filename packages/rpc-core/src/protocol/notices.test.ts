import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { Notices, noticesOf } from './notices.ts'

const createLogger = () => ({ debug() {}, info() {}, warn() {}, error() {} })

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

it('are due once, and again after the interval', () => {
  const notices = new Notices()
  expect(notices.isDue('a', 1_000)).toBe(true)
  expect(notices.isDue('b', 1_000)).toBe(true)
  vi.advanceTimersByTime(999)
  expect([notices.isDue('a', 1_000), notices.isDue('a', Infinity)]).toEqual([false, false])
  vi.advanceTimersByTime(1)
  expect([notices.isDue('a', 1_000), notices.isDue('a', 1_000)]).toEqual([true, false])
})

it('forget the oldest key above a thousand', () => {
  const notices = new Notices()
  for (let i = 0; i < 1_001; i++) expect(notices.isDue(`peer ${i}`, Infinity)).toBe(true)
  expect(notices.isDue('peer 1000', Infinity)).toBe(false)
  expect(notices.isDue('peer 1', Infinity)).toBe(false)
  expect(notices.isDue('peer 0', Infinity)).toBe(true)
})

it('are shared by all users of a logger', () => {
  const [logger, other] = [createLogger(), createLogger()]
  expect(noticesOf(logger)).toBe(noticesOf(logger))
  expect(noticesOf(other)).not.toBe(noticesOf(logger))
  expect(noticesOf(undefined)).not.toBe(noticesOf(undefined))
})
