import { describe, expect, it } from 'vitest'
import { configErrorOf } from '../test/config-error-of.ts'
import { AsterConfig } from './aster-config.ts'
import { fieldNames } from './fields.ts'

const load = (text: string): AsterConfig => AsterConfig.resolve({ toml: { path: 'aster.toml', text } })
const messages = (text: string): string[] => configErrorOf(() => load(text)).issues.map(({ message }) => message)

describe('aster.toml', () => {
  it('returns each value with its line', () => {
    const config = load(
      '[connect]\nendpoint_addr = ["a", "b"]\n\ntimeout_ms = 500\n[network]\nrelay_mode = "staging"\n',
    )
    expect(config.endpointAddrs).toEqual(['a', 'b'])
    expect(config.connectTimeoutMs).toBe(500)
    expect(fieldNames.map((name) => config.origin(name)).filter((origin) => origin !== 'default')).toEqual([
      'aster.toml:2',
      'aster.toml:6',
      'aster.toml:4',
    ])
  })

  it('takes dotted keys and inline tables', () => {
    const config = load('network.relay_mode = "disabled"\nlogging = { level = "ERROR" }')
    expect([config.relayMode, config.logLevel]).toEqual(['disabled', 'error'])
    expect([config.origin('relayMode'), config.origin('logLevel')]).toEqual(['aster.toml:1', 'aster.toml:2'])
  })

  it('is not read but by fromFile and as data', () => {
    expect(
      load('')
        .explain()
        .every(({ source }) => source === 'default'),
    ).toBe(true)
  })

  it('has no values of another type', () => {
    expect(
      messages(
        '[trust]\nallow_all_consumers = "false"\nroot_pubkey = 5\n[connect]\ntimeout_ms = 1.5\nendpoint_addr = []\n[network]\nbind_addr = 9000\nsecret_key = 12',
      ),
    ).toEqual([
      'allowAllConsumers (aster.toml:2): found "false", expected true or false, without quotes',
      'rootPubkey (aster.toml:3): found the integer 5, expected a public key: 64 hex digits',
      'connectTimeoutMs (aster.toml:5): found the number 1.5, expected a whole number of milliseconds from 1 to 2147483647',
      'endpointAddr (aster.toml:6): found a list, expected the address of a producer, or several of them',
      'bindAddr (aster.toml:8): found the integer 9000, expected ip:port or [ipv6]:port, port 0 for any',
      'secretKey (aster.toml:9): found a number, expected a secret key: base64 of 32 bytes (44 characters; not hex)',
    ])
  })

  it('has no blank values, and no integers that a number cannot hold', () => {
    expect(messages('[storage]\npath = " "\n[connect]\ntimeout_ms = 9007199254740993')).toEqual([
      'storagePath (aster.toml:2): found " ", expected the path of a folder',
      'connectTimeoutMs (aster.toml:4): found a bigint, expected a whole number of milliseconds from 1 to 2147483647',
    ])
  })
})

describe('what is not known in aster.toml', () => {
  it.each([
    [
      '[netwrok]\nsecret_key = "s3cret"',
      'netwrok (aster.toml:1): found a section that is not known, expected [network]',
    ],
    [
      '\n[other]',
      'other (aster.toml:2): found a section that is not known, expected [connect], [trust], [network], [storage], [logging], [calls]',
    ],
    [
      '[network]\nsecretkey = "s3cret"',
      'network.secretkey (aster.toml:2): found a key that is not known, expected secret_key in [network]',
    ],
    [
      '[trust]\nsecret_key = "s3cret"',
      'trust.secret_key (aster.toml:2): found a key that is not known, expected secret_key in [network]',
    ],
    [
      'relay_mode = "s3cret"',
      'relay_mode (aster.toml:1): found a key that is not known, expected relay_mode in [network]',
    ],
    [
      '[network]\nproxy_uri = "s3cret"',
      'network.proxy_uri (aster.toml:2): found a key that is not known, expected proxy_url in [network], which is refused: @number0/iroh 1.1.0 takes no proxy',
    ],
    ['[storage]\nx = 1', 'storage.x (aster.toml:2): found a key that is not known, expected path in [storage]'],
    [
      '["a b\\n"]',
      '"a b\\n" (aster.toml): found a section that is not known, expected [connect], [trust], [network], [storage], [logging], [calls]',
    ],
    [
      '[__proto__]\nx = 1',
      '__proto__ (aster.toml:1): found a section that is not known, expected [connect], [trust], [network], [storage], [logging], [calls]',
    ],
    [
      '[network]\nconstructor = 1\n',
      'network.constructor (aster.toml:2): found a key that is not known, expected secret_key, relay_mode, relay_token, relay_timeout_ms, discovery, bind_addr, dead_peer_ms in [network]',
    ],
  ])('is a mistake: %j', (text, message) => {
    expect(messages(text)).toEqual([message])
  })

  it.each(['trust = "s3cret"', '[[trust]]\nroot_pubkey = "s3cret"', 'trust = 1979-05-27'])(
    'is no section: %j',
    (text) => {
      const [message] = messages(text)
      expect(message).toMatch(
        /^trust \(aster\.toml:1\): found (a string|a list|an object of class TomlDate), expected a table: \[trust\]$/,
      )
    },
  )

  it('may be known to Python', () => {
    expect(
      messages('[trust]\nroot_key_file = "s3cret"\nallow_all_producers = false\n[network]\nhook_timeout_ms = -1'),
    ).toEqual([
      'rootKeyFile (aster.toml:2): found **** (6 characters), expected nothing: nothing reads it; the file of the public key goes into ASTER_ROOT_PUBKEY_FILE, [trust] root_pubkey_file',
      'allowAllProducers (aster.toml:3): found false, expected nothing or true: there is no mesh of producers here, so there is no admission of producers',
      'hookTimeoutMs (aster.toml:5): found the integer -1, expected a whole number of milliseconds from 0 to 2147483647',
    ])
  })
})

describe('text that is no TOML', () => {
  it('is told with its line, and none of its content', () => {
    const error = configErrorOf(() => load('[network]\nsecret_key = "s3cret\n'))
    expect(error.message).toBe('aster.toml:2: found control characters are not allowed in strings, expected TOML')
    expect(error.cause).toBeUndefined()
  })

  it('may be nested as deep as one likes', () => {
    expect(messages(`a = ${'['.repeat(100_000)}`)).toHaveLength(1)
  })
})
