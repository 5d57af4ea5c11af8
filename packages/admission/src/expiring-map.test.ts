import { expect, it } from 'vitest'
import { ExpiringMap } from './expiring-map.ts'

it('forgets what has ended, and no more', () => {
  let now = 0
  const map = new ExpiringMap<string>(() => now)
  map.set('a', 'A', 10)
  map.set('b', 'B', 20)
  now = 10
  expect([map.get('a'), map.get('b'), map.size]).toEqual([undefined, 'B', 1])
})

it('stays small however many entries come and end', () => {
  let now = 0
  const map = new ExpiringMap<number>(() => now)
  map.set('lasting', 1, Infinity)
  let largest = 0
  for (; now < 10_000; now++) {
    map.set(`${now}`, now, now + 10)
    largest = Math.max(largest, map.size)
  }
  expect(largest).toBeLessThanOrEqual(128)
  expect(map.get('lasting')).toBe(1)
})

it('drops the one that was set longest ago when it is full', () => {
  const map = new ExpiringMap<number>(() => 0, 2)
  map.set('a', 1, 1)
  map.set('b', 1, 1)
  map.set('a', 2, 1)
  map.set('c', 1, 1)
  expect([map.get('a'), map.get('b'), map.get('c')]).toEqual([2, undefined, 1])
})
