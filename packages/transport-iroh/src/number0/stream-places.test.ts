import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { StreamPlaces } from './stream-places.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

function createPlaces(max = 100) {
  const maxima: bigint[] = []
  const places = new StreamPlaces({ setMaxConcurrentBiStreams: (count) => void maxima.push(count) }, max)
  const take = (count: number): void => {
    for (let i = 0; i < count; i++) places.take()
  }
  const end = (): void => {
    places.endHalf()
    places.endHalf()
  }
  return { maxima, places, take, end }
}

it('grants the maximum, and announces nothing while places are left', () => {
  const { maxima, take, end } = createPlaces()
  take(75)
  end()
  expect(vi.getTimerCount()).toBe(0)
  expect(maxima).toEqual([100n])
})

it('announces a place repeatedly after the end of a stream, at growing intervals, and stops', () => {
  const { maxima, take, end } = createPlaces()
  take(100)
  end()
  expect(maxima).toEqual([100n])
  vi.advanceTimersByTime(5)
  expect(maxima).toEqual([100n, 0n, 100n])
  vi.advanceTimersByTime(60_000)
  expect(maxima).toHaveLength(1 + 2 * 9)
  expect(vi.getTimerCount()).toBe(0)
  end()
  vi.advanceTimersByTime(5)
  expect(maxima).toHaveLength(1 + 2 * 10)
})

it('has one timer for any number of ended streams, and no timer once the connection is gone', () => {
  const { maxima, places, take, end } = createPlaces()
  take(100)
  for (let i = 0; i < 20; i++) end()
  expect(vi.getTimerCount()).toBe(1)
  vi.advanceTimersByTime(5)
  expect(maxima).toEqual([100n, 0n, 100n])
  places.stop()
  expect(vi.getTimerCount()).toBe(0)
})
