import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { homedir, platform, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { configErrorOf } from '../test/config-error-of.ts'
import { AsterConfig } from './aster-config.ts'

const key = 'ab'.repeat(32)
const secret = '5e'.repeat(32)

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'aster-config-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

function file(name: string, content: string | Uint8Array, mode = 0o600): string {
  const path = join(folder, name)
  writeFileSync(path, content)
  chmodSync(path, mode)
  return path
}

describe('fromFile', () => {
  it('reads a TOML file, and the environment above it', () => {
    const path = file('a.toml', '\uFEFF[network]\nrelay_mode = "disabled"\nbind_addr = "127.0.0.1:1"\n')
    const config = AsterConfig.fromFile(path, { ASTER_RELAY_MODE: 'staging' })
    expect([config.relayMode, config.bindAddr]).toEqual(['staging', '127.0.0.1:1'])
    expect(config.origin('bindAddr')).toBe(`${path}:3`)
    expect(config.warnings).toEqual([])
  })

  it('tells mistakes of file and environment together', () => {
    const path = file('b.toml', '[network]\nrelay_mode = "of"\n')
    const { issues } = configErrorOf(() => AsterConfig.fromFile(path, { ASTER_LOG_LEVEL: 'loud' }))
    expect(issues.map(({ source }) => source)).toEqual(['ASTER_LOG_LEVEL', `${path}:2`])
  })

  it('warns of a secret that everybody may read', () => {
    const text = `[network]\nsecret_key = "${Buffer.alloc(32).toString('base64')}"\n`
    const path = file('c.toml', text, 0o644)
    const warning = `${path} holds secretKey, and every user may read it; set its mode to 0600`
    expect(AsterConfig.fromFile(path, {}).warnings).toEqual(platform() === 'win32' ? [] : [warning])
    expect(AsterConfig.fromFile(file('d.toml', text), {}).warnings).toEqual([])
    expect(AsterConfig.fromFile(file('e.toml', '', 0o644), {}).warnings).toEqual([])
  })

  it('refuses what is no text file', () => {
    mkdirSync(join(folder, 'folder'))
    const found = (path: string): string | undefined => {
      const [issue] = configErrorOf(() => AsterConfig.fromFile(path, {})).issues
      expect(issue).toMatchObject({ field: '', source: path, expected: 'a TOML file' })
      return issue?.found
    }
    expect(found(join(folder, 'nope'))).toBe('no such file')
    expect(found(join(folder, 'a.toml', 'b'))).toBe('no such file')
    expect(found(join(folder, 'folder'))).toBe('a folder')
    expect(found(file('latin1', new Uint8Array([0x61, 0xe9])))).toBe('a file that is not UTF-8')
    expect(found(file('huge', new Uint8Array(1_048_577)))).toBe('a file of more than 1048576 bytes')
    expect(found('a\u0000b')).toBe('a file that cannot be read (ERR_INVALID_ARG_VALUE)')
  })

  it.skipIf(platform() === 'win32')('does not wait for a pipe, nor read a device without end', () => {
    const pipe = join(folder, 'pipe')
    execFileSync('sh', ['-c', 'mkfifo "$0"', pipe])
    for (const path of [pipe, '/dev/zero']) {
      expect(configErrorOf(() => AsterConfig.fromFile(path, {})).issues[0]?.found).toBe('no regular file')
    }
  })
})

describe('readRootPubkey', () => {
  const read = (path: string): string | undefined => AsterConfig.from({ rootPubkeyFile: path }).readRootPubkey()

  it.each([
    ['hex', `${key}\n`],
    ['hex in upper case', key.toUpperCase()],
    ['JSON with the public key', JSON.stringify({ public_key: key })],
    ['JSON with both keys', JSON.stringify({ private_key: secret, public_key: ` ${key} ` })],
  ])('reads %s', (_, text) => {
    expect(read(file('root', text))).toBe(key)
  })

  it.each([
    ['nothing', '', 'public_key: an empty string, expected 64 hex digits'],
    ['nonsense', 'hello', 'public_key: a string of 5 characters, expected 64 hex digits'],
    [
      'JSON without the public key',
      JSON.stringify({ private_key: secret }),
      'public_key: nothing, expected 64 hex digits',
    ],
    [
      'JSON with a public key that is not one',
      JSON.stringify({ private_key: secret, public_key: 5 }),
      'public_key: a number, expected 64 hex digits',
    ],
    ['JSON that is cut', `{"private_key": "${secret}", "public`, 'something else, expected a JSON object'],
    ['JSON that is no object', 'null', 'public_key: a string of 4 characters, expected 64 hex digits'],
    ['two keys', `${secret}\n${secret}`, 'public_key: a string of 129 characters, expected 64 hex digits'],
  ])('refuses %s, and shows none of it', (_, text, problem) => {
    const path = file('root', text)
    expect(configErrorOf(() => read(path)).message).toBe(
      `rootPubkeyFile (option rootPubkeyFile: ${path}): found ${problem}`,
    )
  })

  it('names a file that is not there', () => {
    expect(configErrorOf(() => read(join(folder, 'nope'))).issues).toMatchObject([
      {
        field: 'rootPubkeyFile',
        source: `option rootPubkeyFile: ${join(folder, 'nope')}`,
        found: 'no such file',
      },
    ])
  })

  it('opens the file no sooner', () => {
    expect(AsterConfig.from({ rootPubkeyFile: 'nope' }).rootPubkeyFile).toBe('nope')
  })
})

describe('~ in paths', () => {
  it('is the home folder for root key, credential and identity file', () => {
    const config = AsterConfig.from({ rootPubkeyFile: '~/a', enrollmentCredentialFile: '~', identityFile: '~/b/c' })
    expect(config.rootPubkeyFile).toBe(join(homedir(), 'a'))
    expect(config.enrollmentCredentialFile).toBe(join(homedir()))
    expect(config.identityFile).toBe(join(homedir(), 'b', 'c'))
  })

  it('is itself for the storage, in other places, and before a name', () => {
    const config = AsterConfig.from({ storagePath: '~/a', rootPubkeyFile: 'a/~/b', identityFile: '~me/b' })
    expect([config.storagePath, config.rootPubkeyFile, config.identityFile]).toEqual(['~/a', 'a/~/b', '~me/b'])
  })
})
