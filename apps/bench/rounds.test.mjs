import { expect, it } from 'vitest'
import { createProgress } from './progress.mjs'
import { compareVersions, regressionTable } from './regression.mjs'
import { countSteps, rotated, workloadsOf } from './rounds.mjs'
import { reasonMissing, SYSTEMS } from './systems.mjs'
import { ROWS, WORKLOADS } from './workloads.mjs'

it('begins each round with another system', () => {
  expect([0, 1, 2, 3].map((round) => rotated(['a', 'b', 'c'], round).join(''))).toEqual(['abc', 'bca', 'cab', 'abc'])
  expect(rotated([], 1)).toEqual([])
})

it('runs long workloads in the first round only', () => {
  const system = { name: 'x', workloads: ['unary-1', 'upload', 'memory'], once: ['upload'] }
  const names = (round, wanted) => workloadsOf(system, wanted, round).map(({ name }) => name)
  const all = WORKLOADS.map(({ name }) => name)
  expect([names(0, all), names(1, all), names(0, ['upload', 'bidi'])]).toEqual([
    ['unary-1', 'upload', 'memory'],
    ['unary-1'],
    ['upload'],
  ])
  expect(countSteps([system], { workloads: all, rounds: 3 })).toBe(5)
})

it('has each workload that a system names, and each row once', () => {
  const known = new Set(WORKLOADS.map(({ name }) => name))
  for (const { name, workloads } of SYSTEMS) for (const one of workloads) expect(known, `${name} ${one}`).toContain(one)
  expect(new Set(ROWS.map(({ key }) => key)).size).toBe(ROWS.length)
  expect(new Set(SYSTEMS.map(({ name }) => name)).size).toBe(SYSTEMS.length)
})

it('leaves out exactly the systems whose needs are missing', () => {
  const missing = { native: 'no binary', python: 'none' }
  const left = SYSTEMS.filter((system) => reasonMissing(system, missing) === undefined).map(({ name }) => name)
  expect(left).toEqual([
    'grpc',
    'number0-xlang',
    'raw-number0',
    'number0-json',
    'number0-session',
    'grpc-tls',
    'connect',
    'trpc',
  ])
})

const rows = [
  { key: 'p50', title: 'p50', section: 's', better: 'less' },
  { key: 'rate', title: 'rate', section: 's', better: 'more' },
  { key: 'x-p99', title: 'p99', section: 's', better: 'less' },
]
const rounds = (before, after) =>
  before.flatMap((figures, round) => [
    { system: 'a', round, figures },
    { system: 'b', round, figures: after[round] },
  ])
const options = { before: 'a', after: 'b', threshold: 0.05 }

it('counts a row as slower if it is beyond the threshold and slower in every round', () => {
  const before = [
    { p50: 100, rate: 100 },
    { p50: 100, rate: 100 },
    { p50: 100, rate: 100 },
  ]
  const compare = (after) => compareVersions(rounds(before, after), rows, options).map(({ verdict }) => verdict)
  expect(
    compare([
      { p50: 110, rate: 90 },
      { p50: 120, rate: 80 },
      { p50: 101, rate: 99 },
    ]),
  ).toEqual(['slower', 'slower'])
  // One row is within the threshold, the other is not slower in every round.
  expect(
    compare([
      { p50: 104, rate: 99 },
      { p50: 104, rate: 50 },
      { p50: 104, rate: 101 },
    ]),
  ).toEqual(['same', 'same'])
  expect(
    compare([
      { p50: 130, rate: 80 },
      { p50: 130, rate: 80 },
      { p50: 99, rate: 101 },
    ]),
  ).toEqual(['same', 'same'])
  expect(
    compare([
      { p50: 50, rate: 200 },
      { p50: 60, rate: 200 },
      { p50: 70, rate: 200 },
    ]),
  ).toEqual(['faster', 'faster'])
})

it('shows the 99th percentile, but does not judge by it', () => {
  const compared = compareVersions(rounds([{ 'x-p99': 1, p50: 1 }], [{ 'x-p99': 3, p50: 2 }]), rows, options)
  expect(compared.map(({ row, verdict, isRegression }) => [row.key, verdict, isRegression])).toEqual([
    ['p50', 'slower', true],
    ['x-p99', 'slower', false],
  ])
  expect(regressionTable('b against a', compared)).toContain('| s: p50 | 2.00 | 2.00…2.00 | **slower** |')
})

it('rewrites one line on a terminal, and writes lines elsewhere', () => {
  const written = (isTTY) => {
    let text = ''
    const stream = { isTTY, columns: 30, write: (more) => (text += more) }
    let at = 0
    const progress = createProgress({ total: 2, stream, now: () => (at += 1000) })
    progress.step('first of all that is to be done')
    progress.done()
    progress.step('second')
    progress.note('a warning')
    return text
  }
  expect(written(false)).toBe(
    '[0/2] 1 s  first of all that is to be done\n[1/2] 2 s, about 3 s left  second\na warning\n',
  )
  const terminal = written(true)
  expect(terminal.split('\n')).toHaveLength(2)
  for (const line of terminal.split('\r\u001B[K')) expect(line.length).toBeLessThan(30)
})
