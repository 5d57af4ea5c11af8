import { expect, it, vi } from 'vitest'
import { settledWithin } from './settled-within.ts'

it.each([
  ['resolves', () => Promise.resolve()],
  ['rejects', () => Promise.reject(new Error('no'))],
])('resolves with a promise that %s, and leaves no timer', async (_what, make) => {
  vi.useFakeTimers()
  await settledWithin(make(), 60_000)
  expect(vi.getTimerCount()).toBe(0)
  vi.useRealTimers()
})

it('resolves when the time has passed', async () => {
  vi.useFakeTimers()
  const done = vi.fn<() => void>()
  void settledWithin(new Promise(() => {}), 1_000).then(done)
  await vi.advanceTimersByTimeAsync(999)
  expect(done).not.toHaveBeenCalled()
  await vi.advanceTimersByTimeAsync(1)
  expect(done).toHaveBeenCalledOnce()
  vi.useRealTimers()
})
