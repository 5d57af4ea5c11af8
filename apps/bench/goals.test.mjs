import { expect, it } from 'vitest'
import { GOALS, goalsTable, judge } from './goals.mjs'
import { SYSTEMS } from './systems.mjs'
import { ROWS } from './workloads.mjs'

const step = (system, figures, round = 0) => ({ system, round, workload: 'any', figures })
const goal = (rest) => ({ set: 'a set', system: 'native-xlang', to: 'grpc', ...rest })

it('reports the factor by which a goal is met or missed', () => {
  const steps = [
    step('grpc', { 'unary-64': 100, 'unary-1-p50': 200 }),
    step('native-xlang', { 'unary-64': 900, 'unary-1-p50': 150 }),
  ]
  const judged = judge(steps, [
    goal({ key: 'unary-64', bound: 6, kind: 'least' }),
    goal({ key: 'unary-1-p50', bound: 0.5, kind: 'most' }),
    goal({ key: 'unary-1-p50', to: undefined, bound: 150, kind: 'most' }),
    goal({ key: 'bidi', bound: 1, kind: 'least' }),
  ])
  expect(judged.map(({ isMet, factor, found }) => [isMet, factor, found])).toEqual([
    [true, 1.5, 9],
    [false, 0.5 / 0.75, 0.75],
    [true, 1, 150],
    [undefined, undefined, undefined],
  ])
  const table = goalsTable(judged)
  expect(table).toContain('| a set | native-xlang | Unary, 64 in flight: throughput | ≥ 6× | 9.00× | met (by 1.50×) |')
  expect(table).toContain('| ≤ 0.5× | 0.75× | **missed** (short by 1.50×) |')
  expect(table).toContain('| ≤ 150 µs | 150 µs | met (by 1.00×) |')
  expect(table).toContain('not measured')
  expect(table).toContain('2 of 3 measured goals are met.')
})

it('compares a compressible payload with the same size of the other system', () => {
  const steps = [
    step('grpc', { 'echo-64k': 100 }),
    step('number0-xlang', { 'echo-64k': 5, 'echo-64k-compressible': 60 }),
  ]
  const judged = judge(steps).filter(({ goal: { key } }) => key === 'echo-64k-compressible')
  expect(judged).toMatchObject([{ found: 0.6, isMet: true }])
})

it('has goals only for rows that a run can measure', () => {
  const systems = new Map(SYSTEMS.map((system) => [system.name, system]))
  for (const { key, baseKey = key, system, to } of GOALS) {
    const workload = (name) => ROWS.find((row) => row.key === name)?.workload
    expect(systems.get(system)?.workloads, `${system} ${key}`).toContain(workload(key))
    if (to !== undefined) expect(systems.get(to)?.workloads, `${to} ${key}`).toContain(workload(baseKey))
  }
})
