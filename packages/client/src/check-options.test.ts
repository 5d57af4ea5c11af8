import { AsterConfig, ConfigError } from '@aster/config'
import { generateKeyPair } from '@aster/identity'
import { describe, expect, it } from 'vitest'
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

it('accepts valid options, and missing ones', () => {
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

describe('an option that is not known', () => {
  const base = { config: AsterConfig.from({}), endpointAddr: generateKeyPair().publicKey }
  const construct = (options: object) => () => new AsterClient(options)

  it.each([
    ['endpointAddrs', 'endpointAddr'],
    ['rootPubKey', 'rootPubkey'],
    ['timeout', 'timeoutMs'],
    ['intercepters', 'interceptors'],
    ['relayMode', 'it in the configuration: config: AsterConfig.fromEnv().withOptions({ relayMode })'],
    ['secretKey', 'it in the configuration: config: AsterConfig.fromEnv().withOptions({ secretKey })'],
  ])('is refused, with the nearest that is known: %s', async (name, expected) => {
    const text = `${name} (option ${name}): found an option that is not known, expected ${expected}`
    expect(construct({ ...base, [name]: 1 })).toThrow(ConfigError)
    expect(construct({ ...base, [name]: 1 })).toThrow(text)
    await expect(AsterClient.connect({ ...base, [name]: 1 })).rejects.toThrow(text)
  })

  it('is refused with a list of all options if no name is similar', () => {
    expect(construct({ ...base, xyzzy: 1 })).toThrow(/expected one of config, peer, .*, logger$/)
  })

  it('is reported together with other mistakes', () => {
    expect(construct({ ...base, polizy: 'x', policy: 'x' })).toThrow(/2 mistakes[^]*option polizy[^]*option policy/)
  })

  it('may be undefined', () => {
    expect(construct({ ...base, xyzzy: undefined })).not.toThrow()
  })

  it.each([null, 'aster1x', ['aster1x']])('is not reported if the options are not an object: %j', (options) => {
    expect(construct(options as object)).toThrow('expected an object of options')
  })

  it.each(['client', 'session', 'dynamic', 'dynamicSession'] as const)('is refused by %s()', async (method) => {
    const client = new AsterClient(base)
    // oxlint-disable-next-line typescript/no-explicit-any -- plain JavaScript
    const bind = async () => (client as any)[method]({}, { chanel: 'bulk' })
    await expect(bind()).rejects.toThrow('chanel (option chanel): found an option that is not known, expected channel')
  })
})
