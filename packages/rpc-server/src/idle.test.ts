import { epochNow } from '@aster/rpc-core/protocol'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { watchIdle } from './idle.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

it('has one timer, which checks for use meanwhile', () => {
  let since: number | undefined = epochNow()
  const onIdle = vi.fn()
  watchIdle({ ms: 1_000, since: () => since, onIdle })
  vi.advanceTimersByTime(600)
  since = epochNow()
  vi.advanceTimersByTime(999)
  expect(onIdle).not.toHaveBeenCalled()
  expect(vi.getTimerCount()).toBe(1)
  vi.advanceTimersByTime(1)
  expect(onIdle).toHaveBeenCalledOnce()
  expect(vi.getTimerCount()).toBe(0)
})

it('waits while something is in use', () => {
  let since: number | undefined
  const onIdle = vi.fn()
  const stop = watchIdle({ ms: 1_000, since: () => since, onIdle })
  vi.advanceTimersByTime(10_500)
  since = epochNow()
  vi.advanceTimersByTime(600)
  expect(onIdle).not.toHaveBeenCalled()
  vi.advanceTimersByTime(1_000)
  expect(onIdle).toHaveBeenCalledOnce()
  stop()
})

it('has no timer without a limit, and none when it has ended', () => {
  watchIdle({ ms: Infinity, since: () => 0, onIdle() {} })()
  expect(vi.getTimerCount()).toBe(0)
  watchIdle({ ms: 1_000, since: () => 0, onIdle() {} })()
  expect(vi.getTimerCount()).toBe(0)
})
