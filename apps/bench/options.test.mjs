import { expect, it } from 'vitest'
import { parseOptions, USAGE } from './options.mjs'
import { UsageError } from './usage.mjs'
import { SYSTEMS } from './systems.mjs'
import { WORKLOADS } from './workloads.mjs'

it('measures everything in three rounds by default', () => {
  expect(parseOptions([])).toMatchObject({
    quick: false,
    rounds: 3,
    seconds: 0.8,
    systems: SYSTEMS.map(({ name }) => name),
    workloads: WORKLOADS.map(({ name }) => name),
    measures: true,
  })
})

it('measures less with --quick', () => {
  expect(parseOptions(['--quick'])).toMatchObject({ quick: true, rounds: 1, seconds: 0.1 })
  expect(parseOptions(['--check'])).toMatchObject({ quick: true, check: true, rounds: 1, seconds: 0.05 })
  expect(parseOptions(['--quick', '--rounds', '2', '--seconds', '0.3'])).toMatchObject({ rounds: 2, seconds: 0.3 })
})

it('accepts lists of names and prefixes, and keeps the order of the table', () => {
  expect(parseOptions(['--systems', 'trpc, grpc,trpc', '--workloads', 'echo-8m*,unary-1'])).toMatchObject({
    systems: ['grpc', 'trpc'],
    workloads: ['unary-1', 'echo-8m', 'echo-8m-compressible'],
  })
})

it('shows the last results without a run, unless a run is requested', () => {
  for (const option of ['--goals', '--charts', '--write']) {
    expect(parseOptions([option]).measures).toBe(false)
    expect(parseOptions([option, '--rounds', '2']).measures).toBe(true)
    expect(parseOptions([option, '--from', 'a.json']).measures).toBe(false)
  }
  expect(parseOptions(['--write'])).toMatchObject({ charts: true, write: true })
})

it.each([
  [['--nope'], /--nope/],
  [['grpc'], /grpc/],
  [['--rounds', '0'], /--rounds: expected an integer from 1 to 50, found '0'/],
  [['--rounds', '1.5'], /--rounds/],
  [['--rounds', ''], /--rounds/],
  [['--seconds', 'x'], /--seconds: expected a number from 0.05 to 60, found 'x'/],
  [['--seconds', 'Infinity'], /--seconds/],
  [['--systems', 'grcp'], /--systems: 'grcp' is not known; expected among grpc, /],
  [['--workloads', 'unary-1,,'], /--workloads: '' is not known/],
  [['--workloads', 'x*'], /--workloads: 'x\*' is not known/],
])('refuses %j', (args, message) => {
  expect(() => parseOptions(args)).toThrow(UsageError)
  expect(() => parseOptions(args)).toThrow(message)
})

it('names each system and workload in its help', () => {
  for (const { name } of [...SYSTEMS, ...WORKLOADS]) expect(USAGE).toMatch(new RegExp(`[ ,]${name}(,|$)`, 'm'))
})
