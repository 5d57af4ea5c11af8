import { AsterConfig, ConfigError } from '@aster/config'
import { generateKeyPair } from '@aster/identity'
import type { Transport } from '@aster/rpc-core'
import { describe, expect, it } from 'vitest'
import { channelKey } from './channel-key.ts'
import type { ChannelOptions } from './channel-options.ts'
import { resolveChannels } from './channels.ts'
import type { AsterServerOptions } from './options.ts'

const [a, b, own] = [{}, {}, {}]
const outer = async () => {}
const inner = async () => {}
const transport = { listen() {} } as unknown as Transport

const resolve = (options: Partial<AsterServerOptions>, config = AsterConfig.from({ bindAddr: '127.0.0.1:7000' })) =>
  resolveChannels({ services: [a, b], ...options }, config, [own])

describe('channels', () => {
  it('are the main one only if no others are configured', () => {
    expect(resolve({})).toMatchObject([{ name: 'rpc', services: [a, b, own] }])
    expect(resolve({ channelName: 'calls', channels: {} })).toMatchObject([{ name: 'calls' }])
  })

  it('have the services of the server without its own ones, or the services of their option', () => {
    const [, all, some] = resolve({ channels: { all: {}, some: { services: [b] } } })
    expect(all?.services).toEqual([a, b])
    expect(some?.services).toEqual([b])
  })

  it('have the interceptors of the server around their own', () => {
    const [main, bulk] = resolve({ interceptors: [outer], channels: { bulk: { interceptors: [inner] } } })
    expect(main?.interceptors).toEqual([outer])
    expect(bulk?.interceptors).toEqual([outer, inner])
  })

  it('bind the address of the server with a free port, or their own address', () => {
    const [main, free, told] = resolve({ channels: { free: {}, told: { bindAddr: '[::1]:7001' } } })
    expect(main?.config.bindAddr).toBe('127.0.0.1:7000')
    expect(free?.config.bindAddr).toBe('127.0.0.1:0')
    expect(told?.config.bindAddr).toBe('[::1]:7001')
    const [, anywhere] = resolve({ channels: { anywhere: {} } }, AsterConfig.from({}))
    expect(anywhere?.config.bindAddr).toBeUndefined()
  })

  it('have keys derived from the node key, or new ones', () => {
    const secretKey = generateKeyPair().secretKey.reveal()
    const channels = { bulk: {}, audit: {} }
    const keys = (): (Uint8Array | undefined)[] =>
      resolve({ channels }, AsterConfig.from({ secretKey })).map(({ config }) => config.secretKey)
    const [main, bulk, audit] = keys()
    expect(main).toEqual(secretKey)
    expect(new Set([main, bulk, audit].map(String)).size).toBe(3)
    expect(keys()).toEqual([main, bulk, audit])
    expect(resolve({ channels }).map(({ config }) => config.secretKey)).toEqual([undefined, undefined, undefined])
  })
})

it('derives the key of a channel by HKDF-SHA256, as the README says', () => {
  // From Python's hmac: prk = HMAC(32 zero bytes, key), okm = HMAC(prk, info + b'\x01')
  const expected = 'f93450f79434e0a7372ea31897b6bf47d0f8605242b4a5e6de05e780e5e4fa02'
  const key = channelKey(
    Uint8Array.from({ length: 32 }, (_, i) => i),
    'bulk',
  )
  expect(Buffer.from(key).toString('hex')).toBe(expected)
})

describe('options of channels', () => {
  const many = Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`c${i}`, {}]))
  it.each<[string, unknown, string, string]>([
    ['no object', [], 'channels', 'an object'],
    ['null', null, 'channels', 'an object'],
    ['too many', many, 'channels', 'found 100 channels, expected at most 99 beside the main one'],
    ['one without a name', { '': {} }, 'channels', 'found "", expected the name of a channel'],
    ['one whose name is no text', { '\ud800': {} }, 'channels', 'the name of a channel'],
    ['the main one again', { rpc: {} }, 'channels.rpc', 'another name than that of the main channel'],
    ['one without options', { bulk: undefined }, 'channels.bulk', 'the options of a channel'],
    ['one with an unknown option', { bulk: { bindaddr: '' } }, 'channels.bulk.bindaddr', 'one of services, bindAddr'],
    ['services that are no list', { bulk: { services: a } }, 'channels.bulk.services', 'at least one service'],
    ['no service at all', { bulk: { services: [] } }, 'channels.bulk.services', 'at least one service'],
    ['an address that is a number', { bulk: { bindAddr: 7000 } }, 'channels.bulk.bindAddr', 'ip:port'],
    ['an ill-formed address', { bulk: { bindAddr: 'localhost' } }, 'channels.bulk.bindAddr', 'found "localhost"'],
    ['an object that is not a transport', { bulk: { transport: {} } }, 'channels.bulk.transport', 'a transport'],
    ['interceptors that are none', { bulk: { interceptors: [{}] } }, 'channels.bulk.interceptors', 'functions'],
    ['an address beside a transport', { bulk: { transport, bindAddr: '[::1]:0' } }, 'channels.bulk.bindAddr', 'none'],
    [
      'one transport for two',
      { bulk: { transport }, audit: { transport } },
      'channels.audit.transport',
      "found the transport of channel 'bulk'",
    ],
    ['a name that is no word', { 'a b': { services: 5 } }, 'channels["a b"].services', 'found the integer 5'],
  ])('that are %s are refused', (_what, channels, field, message) => {
    const error = errorOf(() => resolve({ channels: channels as Record<string, ChannelOptions> }))
    expect(error.issues).toMatchObject([{ field, source: `option ${field}` }])
    expect(error.message).toContain(message)
  })

  it('are refused if they use the transport of the main channel', () => {
    const error = errorOf(() => resolve({ transport, channels: { bulk: { transport } } }))
    expect(error.message).toContain("found the transport of channel 'rpc'")
  })

  it('are all checked', () => {
    const channels = { '': {}, bulk: { services: 5, bindAddr: 5 } } as unknown as Record<string, ChannelOptions>
    const { issues } = errorOf(() => resolve({ channels, channelName: '' }))
    expect(issues.map(({ field }) => field)).toEqual([
      'channelName',
      'channels',
      'channels.bulk.services',
      'channels.bulk.bindAddr',
    ])
  })
})

function errorOf(run: () => unknown): ConfigError {
  try {
    run()
  } catch (error) {
    if (error instanceof ConfigError) return error
    throw error
  }
  throw new Error('nothing was thrown')
}
