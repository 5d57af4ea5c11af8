// The place of the identity file, whether or not the file exists.
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { generateKeyPair, signCredential } from '@aster/identity'
import { writeCredentialFile, writeIdentityFile } from '@aster/identity/node'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { AsterConfig } from './aster-config.ts'

const node = generateKeyPair()
const root = generateKeyPair()

let folder = ''
beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'aster-config-')))
  vi.spyOn(process, 'cwd').mockReturnValue(folder)
})
afterEach(() => {
  vi.restoreAllMocks()
  rmSync(folder, { recursive: true })
})

const credential = signCredential(
  { type: 'policy', endpointId: undefined, expiresAt: 4_102_444_800, attributes: {} },
  root.secretKey,
)
const writeIdentity = (name = '.aster-identity'): void =>
  writeIdentityFile(join(folder, name), {
    node: { secretKey: node.secretKey, endpointId: node.publicKey },
    peers: [{ role: 'consumer', name: 'me', credential }],
  })

const line = (config: AsterConfig): string => /^identityFile .*$/m.exec(String(config))?.[0].replace(/ +/g, ' ') ?? ''

it('is named with its absolute path where it was not found', () => {
  const path = join(folder, '.aster-identity')
  for (const { config, identityFile } of [AsterConfig.forConsumer({ config: AsterConfig.from({}) })]) {
    expect(identityFile).toEqual({ path, found: false })
    expect(line(config)).toBe(`identityFile (${path}, which is not there) default`)
  }
  expect(line(AsterConfig.forProducer({ config: AsterConfig.from({}) }).config)).toContain(`(${path}, which is not`)
  writeIdentity()
  const { config, identityFile, credentialFile } = AsterConfig.forConsumer({ config: AsterConfig.from({}) })
  expect([identityFile, credentialFile]).toEqual([{ path, found: true }, path])
  expect(line(config)).toBe(`identityFile (${path}) default`)
  expect(config.explain().find(({ field }) => field === 'identityFile')).toEqual({
    field: 'identityFile',
    value: undefined,
    source: 'default',
    instead: path,
  })
})

it('is named with its absolute path in the error for a file that is not there, like every file that is named', () => {
  const config = AsterConfig.from({})
  for (const [option, text] of [
    ['identityFile', 'identityFile (option identityFile: x/id): found no such file at '],
    [
      'enrollmentCredentialFile',
      'enrollmentCredentialFile (option enrollmentCredentialFile: x/id): found no such file at ',
    ],
    ['rootPubkeyFile', 'rootPubkeyFile (option rootPubkeyFile: x/id): found no such file at '],
  ] as const)
    expect(() => AsterConfig.forConsumer({ config, [option]: 'x/id' })).toThrow(text + join(folder, 'x/id'))
})

it('is left alone with false', () => {
  writeIdentity()
  const config = AsterConfig.from({ endpointAddr: node.publicKey })
  expect(AsterConfig.forConsumer({ config }).credential).toEqual(credential)
  const without = AsterConfig.forConsumer({ config, identityFile: false })
  expect([without.credential, without.config.secretKey, without.identityFile]).toEqual([
    undefined,
    undefined,
    undefined,
  ])
  expect(AsterConfig.forProducer({ config, identityFile: false }).config.secretKey).toBeUndefined()
  expect(line(without.config)).toBe('identityFile false option identityFile')
  // The option hides a file that a lower source names.
  const env = AsterConfig.fromEnv({ ASTER_IDENTITY_FILE: 'nowhere' })
  expect(AsterConfig.forConsumer({ config: env, identityFile: false }).credential).toBeUndefined()
  expect(() => AsterConfig.forConsumer({ config, identityFile: false, peer: 'me' })).toThrow('found "me"')
})

it('tells which file a credential is from', () => {
  const config = AsterConfig.from({})
  writeCredentialFile(join(folder, 'me.json'), credential)
  expect(AsterConfig.forConsumer({ config }).credentialFile).toBeUndefined()
  const named = AsterConfig.forConsumer({ config, enrollmentCredentialFile: 'me.json' })
  expect(named.credentialFile).toBe(join(folder, 'me.json'))
})

it.each([
  ['with a mark', Buffer.from('\uFEFF[node]\n', 'utf16le')],
  ['without a mark', Buffer.from('[node]\n', 'utf16le')],
  ['big-endian', Buffer.from('[node]\n', 'utf16le').swap16()],
])('is told to be in UTF-16, %s, like every file', (_what, bytes) => {
  for (const name of ['id', 'aster.toml']) writeFileSync(join(folder, name), bytes)
  const config = AsterConfig.from({})
  const text = 'a file that is not UTF-8 but UTF-16'
  for (const option of ['identityFile', 'enrollmentCredentialFile', 'rootPubkeyFile'] as const)
    expect(() => AsterConfig.forConsumer({ config, [option]: join(folder, 'id') })).toThrow(text)
  expect(() => AsterConfig.fromFile(join(folder, 'aster.toml'), {})).toThrow(text)
})
