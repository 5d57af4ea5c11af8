import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { AsterConfig, ConfigError, type Environment } from '@aster/config'
import { generateKeyPair, signCredential } from '@aster/identity'
import { writeIdentityFile } from '@aster/identity/node'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { AsterServerOptions } from './options.ts'
import { resolveSettings } from './settings.ts'

const node = generateKeyPair()
const envRoot = generateKeyPair().publicKey

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'aster-server-'))
  vi.spyOn(process, 'cwd').mockReturnValue(folder)
})
afterEach(() => {
  vi.restoreAllMocks()
  rmSync(folder, { recursive: true })
})

function settings(options: Partial<AsterServerOptions> = {}, env: Environment = {}) {
  const other = { services: [], health: true, channelName: 'calls' }
  return resolveSettings({ ...other, config: AsterConfig.from({}, env), ...options })
}

describe('the root key', () => {
  it('is required if credentials are required', () => {
    const error = errorOf(() => settings())
    expect(error.issues).toMatchObject([{ field: 'rootPubkey', found: 'nothing' }])
    expect(error.message).toContain(` There is no identity file ${join(folder, '.aster-identity')}.`)
    expect(error.message).toMatch(/ASTER_ROOT_PUBKEY.*rootPubkey.*ASTER_ALLOW_ALL_CONSUMERS.*allowAllConsumers/)
  })

  it('is not taken from a consumer in the identity file', () => {
    const unsigned = { type: 'policy', endpointId: node.publicKey, expiresAt: 4102444800, attributes: {} } as const
    const credential = signCredential(unsigned, generateKeyPair().secretKey)
    const identity = {
      node: { secretKey: node.secretKey, endpointId: node.publicKey },
      peers: [{ role: 'consumer', name: 'billing', credential }] as const,
    }
    writeIdentityFile(join(folder, '.aster-identity'), identity)
    expect(() => settings()).toThrow('AsterServer requires a root public key')
    expect(settings({}, { ASTER_ROOT_PUBKEY: envRoot }).rootPubkey).toBe(envRoot)
  })

  it('is a new one if all consumers are admitted', () => {
    const keys = [settings({ allowAllConsumers: true }), settings({}, { ASTER_ALLOW_ALL_CONSUMERS: 'yes' })]
    expect(new Set(keys.map(({ rootPubkey }) => rootPubkey)).size).toBe(2)
    expect(settings({ allowAllConsumers: true, rootPubkey: envRoot }).rootPubkey).toBe(envRoot)
  })
})

it('reads discovery, and works without an identity file', () => {
  const env = { ASTER_DISCOVERY: 'true', ASTER_IDENTITY_FILE: 'nowhere' }
  const { config } = settings({ allowAllConsumers: true, discovery: false, identityFile: false }, env)
  expect([config.discovery, config.origin('discovery')]).toEqual([false, 'option discovery'])
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
