import { homedir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import { configErrorOf } from '../test/config-error-of.ts'
import { AsterConfig } from './aster-config.ts'
import type { ConfigSources } from './sources.ts'
import { refused } from './refused.ts'

const messages = (env: ConfigSources['env']): string[] =>
  configErrorOf(() => AsterConfig.resolve({ env })).issues.map(({ message }) => message)

describe('values of the environment', () => {
  it('are those of the process unless others are given', () => {
    expect(AsterConfig.fromEnv()).toBeInstanceOf(AsterConfig)
    expect(AsterConfig.fromEnv({}).endpointAddrs).toEqual([])
  })

  it('are read from the process again only if a variable has changed that matters', () => {
    vi.stubEnv('ASTER_IDENTITY_FILE', '~/one')
    vi.stubEnv('HOME', '/home/me')
    const before = AsterConfig.fromEnv()
    expect(before.identityFile).toBe(join(homedir(), 'one'))
    vi.stubEnv('UNRELATED', '1')
    expect(AsterConfig.fromEnv()).toBe(before)
    vi.stubEnv('ASTER_IDENTITY_FILE', '~/two')
    expect(AsterConfig.fromEnv().identityFile).toBe(join(homedir(), 'two'))
    vi.stubEnv('HOME', '/home/you')
    expect(AsterConfig.fromEnv().identityFile).toBe(join(homedir(), 'two'))
    vi.stubEnv('aster_identity_files', 'x')
    expect(() => AsterConfig.fromEnv()).toThrow('a variable that is not known')
    vi.stubEnv('aster_identity_files', undefined)
    vi.stubEnv('ASTER_IDENTITY_FILE', undefined)
    expect(AsterConfig.fromEnv().identityFile).toBeUndefined()
    vi.unstubAllEnvs()
  })

  it('are trimmed, and a blank one is not set', () => {
    const config = AsterConfig.fromEnv({ ASTER_STORAGE_PATH: ' a b\n', ASTER_BIND_ADDR: ' \t', ASTER_PROXY_URL: '' })
    expect(config.storagePath).toBe('a b')
    expect(config.bindAddr).toBeUndefined()
  })

  it('may be several addresses, separated by commas', () => {
    expect(AsterConfig.fromEnv({ ASTER_ENDPOINT_ADDR: 'a, b ,c' }).endpointAddrs).toEqual(['a', 'b', 'c'])
    expect(messages({ ASTER_ENDPOINT_ADDR: 'a,,b' })).toEqual([
      'endpointAddr (ASTER_ENDPOINT_ADDR): found "a,,b", expected the address of a producer, or several of them',
    ])
  })

  it('take secret keys in both alphabets of base64', () => {
    const bytes = new Uint8Array(32).fill(0xfb)
    for (const encoding of ['base64', 'base64url'] as const) {
      expect(AsterConfig.fromEnv({ ASTER_SECRET_KEY: Buffer.from(bytes).toString(encoding) }).secretKey).toEqual(bytes)
    }
  })

  it.each(['127.0.0.1', '127.0.0.1:65536', 'localhost:1', '::1:80', '[::1]', '[fe80::1%eth0]:1', ':80', '1.2.3.4:x'])(
    'are no address to bind to: %s',
    (text) => {
      expect(messages({ ASTER_BIND_ADDR: text })).toHaveLength(1)
    },
  )

  it.each(['relay.example', 'ftp://relay.example', 'https://', 'https://me:pw@relay.example', 'Disabled'])(
    'are no relay mode: %s',
    (text) => {
      expect(messages({ ASTER_RELAY_MODE: text })[0]).not.toContain('pw')
    },
  )

  it.each(['0', '-1', '1.5', '1e3', '2147483648', 'soon', '9'.repeat(40)])('are no timeout: %s', (text) => {
    expect(messages({ ASTER_CONNECT_TIMEOUT_MS: text })).toEqual([
      `connectTimeoutMs (ASTER_CONNECT_TIMEOUT_MS): found "${text}", expected a whole number of milliseconds from 1 to 2147483647`,
    ])
  })

  it('are no path where the content of a file was put', () => {
    expect(
      messages({ ASTER_ENROLLMENT_CREDENTIAL: '{"signature":"abc"}', ASTER_IDENTITY_FILE: '[node]\nsecret_key = "x"' }),
    ).toEqual([
      'enrollmentCredentialFile (ASTER_ENROLLMENT_CREDENTIAL): found **** (19 characters), expected the path of a credential file, not its content',
      'identityFile (ASTER_IDENTITY_FILE): found **** (23 characters), expected the path of an identity file, not its content',
    ])
  })

  it('are told together when they are wrong', () => {
    expect(
      messages({ ASTER_RELAY_MODE: 'of', ASTER_LOG_MASK: '2', ASTER_LOCAL_DISCOVERY: '1', ASTER_RELAYMODE: 'x' }),
    ).toEqual([
      'relayMode (ASTER_RELAY_MODE): found "of", expected default, disabled, staging or the URL of a relay (https://…, no user name)',
      'logMask (ASTER_LOG_MASK): found "2", expected true, false, 1, 0, yes, no, on or off',
      'localDiscovery (ASTER_LOCAL_DISCOVERY): found "1", expected nothing or false: @number0/iroh 1.1.0 has no local discovery',
      'ASTER_RELAYMODE (environment): found a variable that is not known, expected ASTER_RELAY_MODE',
    ])
  })

  it('are an object of strings', () => {
    for (const env of [null, 'prod', 5]) expect(messages(env as never)).toHaveLength(1)
    expect(messages({ ASTER_LOG_LEVEL: 5 as never })).toEqual([
      'logLevel (ASTER_LOG_LEVEL): found the integer 5, expected debug, info, warning or error',
    ])
  })
})

describe('variables that are not known', () => {
  it.each([
    ['ASTER_RELAYMODE', 'ASTER_RELAY_MODE'],
    ['ASTER_ENDPOINT_ADDRESS', 'ASTER_ENDPOINT_ADDR'],
    ['aster_secret_key', 'ASTER_SECRET_KEY'],
    ['ASTER_PROXY_URI', 'ASTER_PROXY_URL, which is refused: @number0/iroh 1.1.0 takes no proxy'],
    ['ASTER_NOUVLOOP', 'ASTER_NO_UVLOOP'],
  ])('are a mistake if close to a known one: %s', (variable, meant) => {
    const { issues } = configErrorOf(() => AsterConfig.fromEnv({ [variable]: 'top secret' }))
    expect(issues).toMatchObject([{ field: variable, source: 'environment', expected: meant }])
    expect(issues[0]?.message).not.toContain('top secret')
  })

  it('are a warning otherwise, which does not show the value', () => {
    expect(AsterConfig.fromEnv({ ASTER_DATABASE: 'x', ASTER_OTHER_THING: '1', PATH: '/bin' }).warnings).toEqual([
      '"ASTER_DATABASE" is not known to Aster, and is ignored',
      '"ASTER_OTHER_THING" is not known to Aster, and is ignored',
    ])
  })

  it('are let be if they are no settings', () => {
    const env = { ASTER_IROH_BINDING: 'native', ASTER_NO_UVLOOP: '1' }
    expect(AsterConfig.fromEnv(env).warnings).toEqual([])
  })

  it('are nothing if blank', () => {
    expect(AsterConfig.fromEnv({ ASTER_RELAYMODE: ' ', ASTER_OTHER_THING: '' }).warnings).toEqual([])
  })

  it('are known ones where names have no case', () => {
    const env = { aster_relay_mode: 'disabled' }
    Object.defineProperty(env, 'ASTER_RELAY_MODE', { value: 'disabled', enumerable: false })
    expect(AsterConfig.fromEnv(env).relayMode).toBe('disabled')
  })
})

describe('variables that cannot be honoured', () => {
  const settings = Object.values(refused).flatMap(({ env, accepts, reason }) => (env ? [{ env, accepts, reason }] : []))

  it.each(settings)('$env is refused with a reason', ({ env, accepts, reason }) => {
    const value = { boolean: String(!accepts), string: 'disabled', number: '250', undefined: 'top secret' }[
      typeof accepts as 'string'
    ]
    const [message, ...rest] = messages({ [env]: value })
    expect(rest).toEqual([])
    expect(message).toContain(`(${env})`)
    expect(message).toContain(reason)
    expect(message).not.toContain('top secret')
  })

  it.each(settings.filter(({ accepts }) => accepts !== undefined))(
    '$env may ask for what happens anyway',
    ({ env, accepts }) => {
      expect(AsterConfig.fromEnv({ [env]: ` ${accepts}` }).warnings).toEqual([])
    },
  )

  it('lets be what is about Python', () => {
    expect(AsterConfig.fromEnv({ ASTER_NO_UVLOOP: '1' }).warnings).toEqual([])
  })
})
