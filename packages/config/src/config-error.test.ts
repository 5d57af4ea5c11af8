import { AsterError } from '@aster/rpc-core'
import { expect, it, vi } from 'vitest'
import { ConfigError, missingEndpointAddress } from './config-error.ts'

const issue = { field: 'relayMode', source: 'ASTER_RELAY_MODE', found: '"of"', expected: 'default' }

it('says field, source, what was found and what is expected', () => {
  const error = new ConfigError([issue])
  expect(error.message).toBe('relayMode (ASTER_RELAY_MODE): found "of", expected default')
  expect(error.issues).toEqual([{ ...issue, message: error.message }])
})

it('lists every mistake', () => {
  const error = new ConfigError([
    issue,
    { field: '', source: 'aster.toml', found: 'no such file', expected: 'a TOML file' },
  ])
  expect(error.message).toBe(
    '2 mistakes in the configuration:\n' +
      '  - relayMode (ASTER_RELAY_MODE): found "of", expected default\n' +
      '  - aster.toml: found no such file, expected a TOML file',
  )
})

it('shows no control characters of names and sources', () => {
  const odd = { field: 'a\n\u001b[2Jb', source: 'ASTER_\u0000\u202ex', found: 'nothing', expected: 'default' }
  expect(new ConfigError([odd]).message).toBe(
    'a\uFFFD\uFFFD[2Jb (ASTER_\uFFFD\uFFFDx): found nothing, expected default',
  )
})

it('is an AsterError and carries its name', () => {
  const error = new ConfigError([issue])
  expect(error).toBeInstanceOf(Error)
  expect(error).toBeInstanceOf(AsterError)
  expect(Object.getPrototypeOf(ConfigError)).toBe(AsterError)
  expect(error.name).toBe('ConfigError')
  expect(String(error)).toMatch(/^ConfigError: relayMode/)
})

it('has the brand by which AsterError is recognised, out of sight', () => {
  const error = new ConfigError([issue])
  expect(Reflect.get(error, Symbol.for('aster.AsterError'))).toBe(true)
  expect(Object.keys(error)).not.toContain('aster.AsterError')
})

it('has a brand of its own, which other errors do not have', () => {
  expect(new AsterError('x')).not.toBeInstanceOf(ConfigError)
  expect(Reflect.get(new ConfigError([issue]), Symbol.for('aster.ConfigError'))).toBe(true)
})

it('is recognised across duplicate installs, and nothing else is', async () => {
  vi.resetModules()
  const second = await import('./config-error.ts')
  expect(second.ConfigError).not.toBe(ConfigError)
  expect(new second.ConfigError([issue])).toBeInstanceOf(ConfigError)
  expect(new ConfigError([issue])).toBeInstanceOf(second.ConfigError)
  const other = Object.defineProperty(new Error('x'), Symbol.for('aster.AsterError'), { value: true })
  for (const value of [other, new Error('x'), { name: 'ConfigError' }, null, undefined, 'ConfigError']) {
    expect(value).not.toBeInstanceOf(ConfigError)
  }
})

it('cannot be changed', () => {
  const { issues } = new ConfigError([issue])
  expect(Object.isFrozen(issues)).toBe(true)
  expect(issues.every(Object.isFrozen)).toBe(true)
})

it('has one text for the missing address', () => {
  const error = missingEndpointAddress()
  expect(error).toBeInstanceOf(ConfigError)
  expect(error.message).toBe('AsterClient requires an endpoint address. Set ASTER_ENDPOINT_ADDR or pass endpointAddr.')
  expect(error.issues).toMatchObject([{ field: 'endpointAddr' }])
})
