import { expect, it } from 'vitest'
import { BoundedMap } from './bounded-map.ts'

it('BoundedMap drops the entry that was used longest ago', () => {
  const map = new BoundedMap<string, string>(2, (value) => value !== 'stays')
  map.use('a', () => '1')
  map.use('b', () => '2')
  map.use('a', () => 'not made')
  map.use('c', () => '3')
  expect(map.size).toBe(2)
  expect(map.use('a', () => 'new')).toBe('1')
  expect(map.use('b', () => 'stays')).toBe('stays')
  expect(map.use('d', () => 'stays')).toBe('stays')
  expect(map.use('e', () => 'x')).toBeUndefined()
  expect(map.size).toBe(2)
})
