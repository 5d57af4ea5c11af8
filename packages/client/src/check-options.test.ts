import { AsterConfig, ConfigError } from '@aster/config'
import { expect, it } from 'vitest'
import { AsterClient } from './aster-client.ts'
import { checkOptions } from './check-options.ts'

it.each([
  ['policy', 'random', '"random"', 'one of pick-first, round-robin, least-pending'],
  ['policy', 7, 'the integer 7', 'one of pick-first, round-robin, least-pending'],
  ['idleTimeoutMs', 0, 'the integer 0', 'a number of milliseconds above 0'],
  ['idleTimeoutMs', Number.NaN, 'the number NaN', 'a number of milliseconds above 0'],
  ['idleTimeoutMs', '5s', '"5s"', 'a number of milliseconds above 0'],
  ['timeoutMs', -1, 'the integer -1', 'a number of milliseconds above 0'],
  ['channelName', '', '""', 'the name of a channel'],
  ['strictContract', 'yes', '"yes"', 'true or false'],
  ['shareEndpoint', 0, 'the integer 0', 'true or false'],
  ['deadPeerMs', 500, 'the integer 500', 'a whole number of milliseconds from 1000 on, or inf (Infinity in code)'],
])('refuses %s: %j', (field, value, found, expected) => {
  const options = { config: AsterConfig.from({}), endpointAddr: 'ab'.repeat(32), [field]: value }
  expect(() => new AsterClient(options)).toThrow(ConfigError)
  expect(() => new AsterClient(options)).toThrow(`${field} (option ${field}): found ${found}, expected ${expected}`)
})

it('names all mistakes', () => {
  expect(() => checkOptions({ policy: 'x' as never, timeoutMs: 0 })).toThrow(/2 mistakes[^]*policy[^]*timeoutMs/)
})

it('takes what is right, and what is left out', () => {
  checkOptions({})
  checkOptions({
    channelName: 'fast',
    idleTimeoutMs: Infinity,
    policy: 'least-pending',
    shareEndpoint: false,
    strictContract: true,
    timeoutMs: 0.5,
  })
})
