import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { configErrorOf } from '../test/config-error-of.ts'
import { AsterConfig, type SettingsOptions } from './aster-config.ts'
import type { Environment } from './environment.ts'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'aster-config-'))
  vi.spyOn(process, 'cwd').mockReturnValue(folder)
})
afterEach(() => {
  vi.restoreAllMocks()
  rmSync(folder, { recursive: true })
})

it.each<[string, SettingsOptions, Environment, string | undefined, string]>([
  [
    'an identity file that is not there',
    { identityFile: 'DIR/id' },
    {},
    undefined,
    'identityFile (option identityFile: DIR/id): found no such file, expected a readable file',
  ],
  [
    'an identity file that is no TOML',
    {},
    { ASTER_IDENTITY_FILE: 'DIR/.aster-identity' },
    '\na = ',
    'identityFile (ASTER_IDENTITY_FILE: DIR/.aster-identity): found an error in line 2, expected TOML',
  ],
  [
    'a short node key',
    {},
    {},
    '[node]\nsecret_key = "AAAA"',
    'identityFile (.aster-identity): found node.secret_key: a string of 4 characters, which is 3 bytes, expected base64 of 32 bytes',
  ],
  [
    'an entry without an identity file',
    { peer: 'shop' },
    {},
    undefined,
    'peer (option peer): found "shop", expected an identity file with an entry of that name (.aster-identity in the working directory, identityFile or ASTER_IDENTITY_FILE)',
  ],
  [
    'a root key file that is not there',
    {},
    { ASTER_ROOT_PUBKEY_FILE: 'DIR/root.pub' },
    undefined,
    'rootPubkeyFile (ASTER_ROOT_PUBKEY_FILE: DIR/root.pub): found no such file, expected a readable file',
  ],
  [
    'a one-time entry without a nonce',
    { peer: 'once' },
    {},
    '[[peers]]\nname = "once"\nrole = "consumer"\ntype = "ott"',
    'peer (option peer: .aster-identity): found peers[0].nonce: nothing, expected 64 hex digits in an ott entry',
  ],
  [
    'an option that is not known',
    { relaymode: 'disabled' } as SettingsOptions,
    {},
    undefined,
    'relaymode (option relaymode): found an option that is not known, expected relayMode',
  ],
])('says the same of %s to a consumer and to a producer', (_what, options, env, identity, message) => {
  if (identity !== undefined) writeFileSync(join(folder, '.aster-identity'), identity, { mode: 0o600 })
  const local = <T extends object>(value: T): T => JSON.parse(JSON.stringify(value).replaceAll('DIR', folder)) as T
  const all = { ...local(options), config: AsterConfig.fromEnv(local(env)) }
  const expected = message.replaceAll('DIR', folder)
  expect(configErrorOf(() => AsterConfig.forConsumer(all)).message).toBe(expected)
  expect(configErrorOf(() => AsterConfig.forProducer(all)).message).toBe(expected)
})

it('reads the environment of the process by default', () => {
  vi.stubEnv('ASTER_RELAY_MODE', 'staging')
  try {
    expect(AsterConfig.forConsumer().config.origin('relayMode')).toBe('ASTER_RELAY_MODE')
    expect(AsterConfig.forProducer().config.origin('relayMode')).toBe('ASTER_RELAY_MODE')
    expect(AsterConfig.forConsumer({ relayMode: 'disabled' }).config.relayMode).toBe('disabled')
  } finally {
    vi.unstubAllEnvs()
  }
})

it('says where an address is wrong, with the source that has it', () => {
  const config = AsterConfig.from({}, { ASTER_ENDPOINT_ADDR: 'aster1ll' })
  expect(configErrorOf(() => AsterConfig.forConsumer({ config })).message).toBe(
    'endpointAddr (ASTER_ENDPOINT_ADDR): found ticket: the character "l", expected base58',
  )
  expect(AsterConfig.forConsumer({ config: AsterConfig.from({}) }).addresses).toEqual([])
})
