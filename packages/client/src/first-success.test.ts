import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { firstSuccess } from './first-success.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

/** Returns a limited number of attempts that a test ends. */
function setUp(count: number) {
  const attempts: { succeed(): void; fail(): void }[] = []
  const late: string[] = []
  const first = firstSuccess(
    () => {
      const i = attempts.length
      if (i === count) return undefined
      return new Promise<string>((resolve, reject) =>
        attempts.push({ succeed: () => resolve(`${i}`), fail: () => reject(new Error(`${i}`)) }),
      )
    },
    1_000,
    (result) => late.push(result),
  )
  first.catch(() => {})
  return { first, attempts, late, settled: () => vi.advanceTimersByTimeAsync(0) }
}

it('starts one attempt, and no other if it succeeds', async () => {
  const { first, attempts } = setUp(3)
  attempts[0]?.succeed()
  expect(await first).toBe('0')
  expect([attempts.length, vi.getTimerCount()]).toEqual([1, 0])
})

it('starts the next attempt when one fails', async () => {
  const { first, attempts, settled } = setUp(3)
  attempts[0]?.fail()
  await settled()
  expect(attempts).toHaveLength(2)
  attempts[1]?.succeed()
  expect(await first).toBe('1')
})

it('starts the next attempt in parallel if one takes long, and returns the first result', async () => {
  const { first, attempts, late, settled } = setUp(3)
  await vi.advanceTimersByTimeAsync(999)
  expect(attempts).toHaveLength(1)
  await vi.advanceTimersByTimeAsync(1)
  expect(attempts).toHaveLength(2)
  await vi.advanceTimersByTimeAsync(5_000)
  expect(attempts).toHaveLength(3)
  attempts[0]?.fail()
  attempts[1]?.succeed()
  expect(await first).toBe('1')
  attempts[2]?.succeed()
  await settled()
  expect([late, vi.getTimerCount()]).toEqual([['2'], 0])
})

it('fails with all errors when all attempts have failed', async () => {
  const { first, attempts, settled } = setUp(2)
  await vi.advanceTimersByTimeAsync(1_000)
  attempts[0]?.fail()
  await settled()
  attempts[1]?.fail()
  const error = await first.catch((reason: unknown) => reason as AggregateError)
  expect((error as AggregateError).errors.map(String)).toEqual(['Error: 0', 'Error: 1'])
  expect(vi.getTimerCount()).toBe(0)
})

it('fails if there is no attempt', async () => {
  await expect(setUp(0).first).rejects.toThrow(AggregateError)
})
