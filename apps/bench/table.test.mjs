import { expect, it } from 'vitest'
import { ratioOf, summarize } from './summary.mjs'
import { formatNumber, markdownTable, terminalTable } from './table.mjs'

const rows = [
  { key: 'p50', title: 'p50', unit: 'µs', better: 'less', section: 'Unary', workload: 'unary' },
  { key: 'rate', title: 'calls', unit: 'calls/s', better: 'more', section: 'Unary', workload: 'unary' },
  { key: 'rss', title: 'memory', unit: 'MiB', better: 'less', section: 'Memory', workload: 'rss' },
]
const systems = [
  { name: 'grpc', title: 'grpc-js' },
  { name: 'ours', title: 'Aster | rings' },
]
const step = (system, round, figures, rest = {}) => ({ system, round, workload: 'unary', figures, ...rest })

it('compares figures of the same round, and shows the median of the ratios with the spread', () => {
  const steps = [
    step('ours', 0, { p50: 100 }),
    step('grpc', 0, { p50: 200 }),
    step('grpc', 1, { p50: 300 }),
    step('ours', 1, { p50: 300 }),
    step('ours', 2, { p50: 90 }),
    step('grpc', 2, { p50: 100 }),
  ]
  const [{ cells }] = summarize(steps, rows, 'grpc')
  expect(cells).toEqual({
    ours: { value: { median: 100, min: 90, max: 300 }, ratio: { median: 0.9, min: 0.5, max: 1 }, others: 0 },
    grpc: { value: { median: 200, min: 100, max: 300 }, ratio: undefined, others: 0 },
  })
})

it('has no ratio if the base has none in that round', () => {
  const steps = [
    step('ours', 0, { p50: 1 }),
    step('grpc', 1, { p50: 1 }),
    step('ours', 2, { p50: 3 }),
    step('grpc', 2, { p50: 2 }),
  ]
  expect(ratioOf(steps, 'p50', 'ours', 'grpc')).toEqual({ median: 1.5, min: 1.5, max: 1.5 })
  expect(ratioOf(steps.slice(0, 2), 'p50', 'ours', 'grpc')).toBeUndefined()
})

it('shows sections, ratios, failures and disturbances, and leaves out rows that no system has', () => {
  const steps = [
    step('grpc', 0, { p50: 200, rate: 12.34 }),
    step('ours', 0, { p50: 50, rate: 43_210 }, { others: 0.2 }),
    { system: 'ours', round: 0, workload: 'rss', error: 'no end after 10 s', others: 0 },
  ]
  const table = markdownTable(summarize(steps, rows, 'grpc'), systems)
  expect(table).toBe(
    [
      '|  | grpc-js | Aster \\| rings |',
      '|---|--:|--:|',
      '| **Unary** |  |  |',
      '| p50, µs ↓ | 200 | 50.0 (0.25×) ! |',
      '| calls, calls/s ↑ | 12.3 | 43,210 (3,502×) ! |',
      '| **Memory** |  |  |',
      '| memory, MiB ↓ |  | failed |',
    ].join('\n'),
  )
  expect(markdownTable(summarize(steps.slice(0, 2), rows, 'grpc'), systems)).not.toContain('Memory')
})

it('marks a row of which one of several rounds failed, and shows the others', () => {
  const steps = [step('grpc', 0, { p50: 1 }), { system: 'grpc', round: 1, workload: 'unary', error: 'ended' }]
  expect(markdownTable(summarize(steps, rows, 'grpc'), systems)).toContain('| 1.00 failed once |')
})

it('shows the figures that a step measured before it failed', () => {
  const steps = [step('grpc', 0, { p50: 1 }, { error: 'ended' })]
  const table = markdownTable(summarize(steps, rows, 'grpc'), systems.slice(0, 1))
  expect(table).toContain('| p50, µs ↓ | 1.00 |')
  expect(table).toContain('| calls, calls/s ↑ | failed |')
})

it('breaks a wide table into parts that begin with the base', () => {
  const many = [...systems, { name: 'third', title: 'Third' }]
  const steps = many.map(({ name }) => step(name, 0, { p50: 1, rate: 1 }))
  const summary = summarize(steps, rows, 'grpc')
  const wide = terminalTable(summary, many, 200)
  expect(wide.split('\n\n')).toHaveLength(1)
  const parts = terminalTable(summary, many, 50).split('\n\n')
  expect(parts).toHaveLength(2)
  for (const part of parts) {
    expect(part.split('\n')[0]).toMatch(/^ +grpc-js /)
    for (const line of part.split('\n')) expect(line.length).toBeLessThanOrEqual(50)
  }
  // Each system is shown even if the terminal is too narrow.
  expect(terminalTable(summary, many, 1)).toContain('Third')
})

it('shows numbers by their size', () => {
  expect([undefined, 0.123, 12.34, 123.4, 12_345].map(formatNumber)).toEqual(['–', '0.12', '12.3', '123', '12,345'])
})

it('is brief without sections and the spread: a title names its section if it is ambiguous without', () => {
  const steps = [
    step('grpc', 0, { p50: 200, rate: 10 }),
    step('ours', 0, { p50: 100, rate: 20 }),
    step('grpc', 1, { p50: 300, rate: 10 }),
    step('ours', 1, { p50: 200, rate: 20 }),
  ]
  const sections = ['Unary, 1 in flight', 'Streams', 'Memory']
  const sorted = rows.map((row, i) => ({ ...row, section: sections[i] }))
  expect(
    markdownTable(summarize(steps, sorted, 'grpc'), systems, { brief: true })
      .split('\n')
      .slice(2),
  ).toEqual(['| unary, 1 in flight, p50, µs ↓ | 250 | 150 (0.58×) |', '| calls, calls/s ↑ | 10.0 | 20.0 (2.00×) |'])
})
