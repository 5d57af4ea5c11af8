import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { PacedTurns } from './paced-turns.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => {
  expect(vi.getTimerCount()).toBe(0)
  vi.useRealTimers()
})

const never = new AbortController().signal
/** Uses the processor for some milliseconds. */
const work = (ms: number) => vi.advanceTimersByTime(ms)

it('lets others have three quarters of the time', async () => {
  const turns = new PacedTurns()
  const done: number[] = []
  const all = Array.from({ length: 4 }, (_, i) => turns.run(never, () => (work(10), done.push(i))))
  await vi.advanceTimersByTimeAsync(0)
  expect(done).toEqual([0])
  await vi.advanceTimersByTimeAsync(29)
  expect(done).toEqual([0])
  await vi.advanceTimersByTimeAsync(1)
  expect(done).toEqual([0, 1])
  await vi.runAllTimersAsync()
  await Promise.all(all)
  expect(done).toEqual([0, 1, 2, 3])
})

it('passes over those that have been called off, and those that throw', async () => {
  const turns = new PacedTurns()
  const calledOff = new AbortController()
  const fail = (): never => {
    throw new Error('broken')
  }
  const outcomes = Promise.allSettled([
    turns.run(never, fail),
    turns.run(calledOff.signal, () => 'never'),
    turns.run(never, () => 'third'),
  ])
  calledOff.abort(new Error('gone'))
  expect(await outcomes).toMatchObject([
    { reason: { message: 'broken' } },
    { reason: { message: 'gone' } },
    { value: 'third' },
  ])
})
