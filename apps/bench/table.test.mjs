import { expect, it } from 'vitest'
import { median, quantile } from './statistics.mjs'
import { markdown, summarize } from './table.mjs'

it('takes quantiles and medians of unsorted values', () => {
  const values = Array.from({ length: 100 }, (_, i) => 99 - i)
  expect([quantile(values, 0.5), quantile(values, 0.99), quantile([7], 0.99)]).toEqual([50, 99, 7])
  expect([median([3, 1, 2]), median([4, 1, 3, 2]), median([1, Number.NaN]), median([])]).toEqual([2, 2.5, 1, undefined])
})

it('compares figures of the same round, and shows the median of the ratios', () => {
  const round = (value) => ({ figures: { 'unary p50, µs': value } })
  const summary = summarize(
    { aster: [round(100), round(300), round(90)], grpc: [round(200), round(300), round(100)] },
    'grpc',
  )
  expect(summary[0]).toEqual({
    row: 'unary p50, µs',
    moreIsBetter: false,
    cells: { aster: { value: 100, ratio: 0.9 }, grpc: { value: 200, ratio: undefined } },
  })
  expect(markdown(summary.slice(0, 1), 'grpc')).toBe(
    [
      '|  | aster | grpc | aster / grpc | better is |',
      '| --- | --: | --: | --: | --- |',
      '| unary p50, µs | 100 | 200 | 0.90 | less |',
    ].join('\n'),
  )
})

it('shows no ratio where the other system did not run', () => {
  const summary = summarize({ aster: [{ figures: { 'unary p50, µs': 12.34 } }] }, 'grpc')
  expect(markdown(summary.slice(0, 1), 'grpc')).toContain('| unary p50, µs | 12.3 | less |')
})
