import { expect, it } from 'vitest'
import { median, quantile, Samples, spread } from './statistics.mjs'

it('computes quantiles and medians of unsorted values', () => {
  const values = Array.from({ length: 100 }, (_, i) => 99 - i)
  expect([quantile(values, 0.5), quantile(values, 0.99), quantile([7], 0.99), quantile([], 0.5)]).toEqual([
    50,
    99,
    7,
    undefined,
  ])
  expect([median([3, 1, 2]), median([4, 1, 3, 2]), median([1, Number.NaN]), median([])]).toEqual([2, 2.5, 1, undefined])
})

it('computes the spread of the finite values', () => {
  expect(spread([3, Number.NaN, 1, 2, Infinity])).toEqual({ median: 2, min: 1, max: 3 })
  expect(spread([Number.NaN])).toBeUndefined()
})

it('grows beyond its first capacity', () => {
  const samples = new Samples()
  for (let i = 0; i < 5000; i++) samples.add(i)
  expect([samples.quantile(0), samples.quantile(0.5), samples.quantile(1)]).toEqual([0, 2500, 4999])
  expect(new Samples().quantile(0.5)).toBeUndefined()
})
