import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { platform } from 'node:process'
import { generateKeyPair, type KeyPair, type Peer, signCredential } from '@aster/identity'
import { writeIdentityFile } from '@aster/identity/node'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { configErrorOf } from '../test/config-error-of.ts'
import { AsterConfig, type ProducerSettings, type SettingsOptions } from './aster-config.ts'
import type { Environment } from './environment.ts'
import type { ConfigOptions } from './fields.ts'

const node = generateKeyPair()
const [ownRoot, otherRoot, envRoot] = [generateKeyPair(), generateKeyPair(), generateKeyPair().publicKey]

let folder = ''
let path = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'aster-config-'))
  path = join(folder, '.aster-identity')
  vi.spyOn(process, 'cwd').mockReturnValue(folder)
})
afterEach(() => {
  vi.restoreAllMocks()
  rmSync(folder, { recursive: true })
})

function peer(role: 'consumer' | 'producer', name: string, root: KeyPair): Peer {
  const fields = { endpointId: node.publicKey, expiresAt: 4102444800, attributes: {} }
  if (role === 'consumer')
    return { role, name, credential: signCredential({ ...fields, type: 'policy' }, root.secretKey) }
  return { role, name, credential: signCredential({ ...fields, type: 'producer' }, root.secretKey) }
}

/** An identity file with the key of this node, the entry of a consumer of another producer, and the entry of this producer. */
const writeIdentity = (peers = [peer('consumer', 'billing', otherRoot), peer('producer', 'shop', ownRoot)]): void =>
  writeIdentityFile(path, { node: { secretKey: node.secretKey, endpointId: node.publicKey }, peers })

function settings(options: SettingsOptions = {}, env: Environment = {}, config: ConfigOptions = {}): ProducerSettings {
  return AsterConfig.forProducer({ config: AsterConfig.from(config, env), ...options })
}

describe('an identity file', () => {
  it.each([
    ['in the working directory', {}, {}],
    ['named by the option', { identityFile: 'there' }, {}],
    ['named by the environment', {}, { ASTER_IDENTITY_FILE: 'there' }],
  ])('%s supplies the node key, and the root key of the producer', (_where, options, env) => {
    writeIdentity()
    const at = (value: object) => JSON.parse(JSON.stringify(value).replace('there', path)) as object
    const { config, rootPubkey } = settings(at(options), { ASTER_ROOT_PUBKEY: envRoot, ...at(env) })
    expect(rootPubkey).toBe(ownRoot.publicKey)
    expect(config.secretKey).toEqual(node.secretKey.reveal())
    expect(config.origin('rootPubkey')).toMatch(/\.aster-identity peers\[1\]$/)
  })

  it('returns the root key of the entry that is named, of whatever role', () => {
    writeIdentity()
    expect(settings({ peer: 'billing' }).rootPubkey).toBe(otherRoot.publicKey)
    expect(settings({ peer: 'shop' }).rootPubkey).toBe(ownRoot.publicKey)
  })

  it('does not make consumers of another root key welcome', () => {
    writeIdentity([peer('consumer', 'billing', otherRoot)])
    expect(settings().rootPubkey).toBeUndefined()
    expect(settings({}, { ASTER_ROOT_PUBKEY: envRoot }).rootPubkey).toBe(envRoot)
  })

  it('yields to an option', () => {
    writeIdentity()
    expect(settings({ rootPubkey: envRoot }).rootPubkey).toBe(envRoot)
    expect(settings({}, {}, { rootPubkey: envRoot }).rootPubkey).toBe(envRoot)
  })

  it.skipIf(platform === 'win32')('that others may read is a warning', () => {
    writeIdentity()
    chmodSync(path, 0o644)
    expect(settings().warnings).toEqual([expect.stringContaining('chmod 600')])
  })

  it.each([
    ['is not there', () => rmSync(path), 'identityFile', 'found no such file'],
    ['is no TOML', () => writeFileSync(path, 'a = '), 'identityFile', 'expected TOML'],
    ['has a short key', () => writeFileSync(path, '[node]\nsecret_key = "AAAA"'), 'identityFile', 'node.secret_key'],
  ])('that %s is a ConfigError that names it', (_what, spoil, field, message) => {
    writeIdentity()
    spoil()
    const error = configErrorOf(() => settings({}, { ASTER_IDENTITY_FILE: path }))
    expect(error.issues).toMatchObject([{ field, source: expect.stringContaining(path) }])
    expect(error.message).toContain(message)
    expect(error.message).toContain('ASTER_IDENTITY_FILE')
  })

  it('is needed where an entry is named, and has to have it', () => {
    expect(configErrorOf(() => settings({ peer: 'shop' })).issues).toMatchObject([{ field: 'peer' }])
    writeIdentity()
    expect(configErrorOf(() => settings({ peer: 'shopp' })).message).toContain('"shop"')
  })
})

describe('the root key', () => {
  it('may come from a file', () => {
    writeFileSync(join(folder, 'root.pub'), JSON.stringify({ public_key: envRoot }))
    expect(settings({}, { ASTER_ROOT_PUBKEY_FILE: join(folder, 'root.pub') }).rootPubkey).toBe(envRoot)
  })
})
