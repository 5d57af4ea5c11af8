import { runInNewContext } from 'node:vm'
import { expect, it } from 'vitest'
import { configErrorOf } from '../test/config-error-of.ts'
import { AsterConfig } from './aster-config.ts'

const messages = (options: unknown): string[] =>
  configErrorOf(() => AsterConfig.from(options as object)).issues.map(({ message }) => message)

it('takes one address or a list', () => {
  expect(AsterConfig.from({ endpointAddr: ' a ' }).endpointAddrs).toEqual(['a'])
  expect(AsterConfig.from({ endpointAddr: ['a', 'b'] }).endpointAddrs).toEqual(['a', 'b'])
})

it('takes keys as bytes', () => {
  const config = AsterConfig.from({ rootPubkey: new Uint8Array(32).fill(0xab), secretKey: Buffer.alloc(32, 1) })
  expect(config.rootPubkey).toBe('ab'.repeat(32))
  expect(config.secretKey).toEqual(new Uint8Array(32).fill(1))
})

it('takes options and keys of another realm', () => {
  const options = runInNewContext(
    "({ rootPubkey: new Uint8Array(32).fill(0xab), secretKey: new Uint8Array(32).fill(1), endpointAddr: ['a'] })",
  ) as object
  const config = AsterConfig.from(options)
  expect(config.rootPubkey).toBe('ab'.repeat(32))
  expect(config.secretKey).toEqual(new Uint8Array(32).fill(1))
  expect(config.endpointAddrs).toEqual(['a'])
  expect(messages({ relayMode: runInNewContext('new Uint8Array(3)') as unknown })).toEqual(
    messages({ relayMode: new Uint8Array(3) }),
  )
})

it('takes undefined as not given', () => {
  expect(AsterConfig.from({ relayMode: undefined }, { ASTER_RELAY_MODE: 'disabled' }).relayMode).toBe('disabled')
})

it('refuses empty strings, lists and null', () => {
  expect(messages({ endpointAddr: '', relayMode: null, rootPubkey: new Uint8Array(31) })).toEqual([
    'endpointAddr (option endpointAddr): found "", expected the address of a producer, or several of them',
    'relayMode (option relayMode): found null, expected default, disabled, staging or the URL of a relay (https://…, no user name)',
    'rootPubkey (option rootPubkey): found 31 bytes, expected a public key: 64 hex digits',
  ])
  expect(messages({ endpointAddr: [] })).toHaveLength(1)
})

it('refuses options that are not known, and names the nearest', () => {
  expect(messages({ relaymode: 'top secret', enableHooks: true, x: 1, '\u0000': 1, toString: 1 })).toMatchObject([
    'relaymode (option relaymode): found an option that is not known, expected relayMode',
    'enableHooks (option enableHooks): found true, expected nothing or false: @number0/iroh 1.1.0 has no hooks',
    expect.stringContaining('x (option x): found an option that is not known, expected endpointAddr, rootPubkey, '),
    expect.stringContaining(String.raw`option "\u0000"`),
    expect.stringContaining('toString (option toString): found an option that is not known'),
  ])
})

it.each([[null], ['x'], [5], [[]], [new Map()], [Promise.resolve({})], [AsterConfig.from({})]])(
  'refuses what is no plain object',
  (value) => {
    expect(messages(value)[0]).toMatch(/^options: found .*, expected a plain object$/)
  },
)

it('names the source as it is told to', () => {
  const error = configErrorOf(() => AsterConfig.from({}).withOptions({ peerTtlS: 0 }, 'flag'))
  expect(error.issues[0]?.source).toBe('flag peerTtlS')
})

it('refuses keys of the identity file that are none, by their place in it', () => {
  const layer = { source: 'id', values: { secretKey: 'abc', rootPubkey: 'x' }, origins: { secretKey: 'id [node]' } }
  expect(configErrorOf(() => AsterConfig.from({}).withIdentity(layer)).issues).toMatchObject([
    { field: 'rootPubkey', source: 'id', found: '"x"' },
    { field: 'secretKey', source: 'id [node]', found: '**** (3 characters)' },
  ])
})
