import { AsterConfig, ConfigError } from '@aster/config'
import { defineService, implement, t, unary } from '@aster/rpc-core'
import { describe, expect, it } from 'vitest'
import { AsterServer } from './aster-server.ts'

const Item = t.struct('server/Item', { text: t.string })
const echo = implement(defineService({ name: 'Echo', methods: { echo: unary(Item, Item) } }), { echo: (item) => item })
const base = { services: [echo], config: AsterConfig.from({ relayMode: 'disabled' }), allowAllConsumers: true }
const construct = (options: object) => () => new AsterServer(options as typeof base)

describe('an option that is not known', () => {
  it.each([
    ['service', 'services'],
    ['allowAllConsumer', 'allowAllConsumers'],
    ['intercepters', 'interceptors'],
    ['channel', 'channels'],
    ['signal', 'signals'],
    ['bindAddr', 'it in the configuration: config: AsterConfig.fromEnv().withOptions({ bindAddr })'],
    ['storagePath', 'it in the configuration: config: AsterConfig.fromEnv().withOptions({ storagePath })'],
  ])('is refused, with the nearest that is known: %s', (name, expected) => {
    expect(construct({ ...base, [name]: 1 })).toThrow(ConfigError)
    expect(construct({ ...base, [name]: 1 })).toThrow(
      `${name} (option ${name}): found an option that is not known, expected ${expected}`,
    )
  })

  it('may be undefined', () => {
    expect(construct({ ...base, xyzzy: undefined })).not.toThrow()
  })

  it.each([undefined, null, 'x'])('is not reported if the options are not an object: %j', (options) => {
    expect(construct(options as never)).toThrow('expected an object of options')
  })
})

it.each([
  [[], 'an empty list'],
  [undefined, 'nothing'],
  [null, 'null'],
  [echo, 'an object'],
])('refuses services: %s', (services, found) => {
  for (const health of [true, false]) {
    expect(construct({ ...base, services, health })).toThrow(
      `services (option services): found ${found}, expected a list of at least one service`,
    )
  }
})

it.each(['SIGTERM', 1, null, { graceMs: -1 }, { graceMs: '5s' }, { grace: 1 }])('refuses signals: %j', (signals) => {
  expect(construct({ ...base, signals })).toThrow(/^signals \(option signals\): found .*, expected true, false, or/)
})

it.each([true, false, undefined, {}, { graceMs: 0 }, { graceMs: Infinity }])('takes signals: %j', (signals) => {
  const before = process.listenerCount('SIGTERM')
  expect(construct({ ...base, signals })).not.toThrow()
  expect(process.listenerCount('SIGTERM')).toBe(before)
})
