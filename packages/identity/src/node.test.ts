import {
  chmodSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execFileSync } from 'node:child_process'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { fixture } from '../test/vectors.ts'
import { formatIdentityFile } from './format-identity-file.ts'
import { IdentityError } from './identity-error.ts'
import type { Identity } from './identity.ts'
import {
  readConsumerCredentialFile,
  readIdentityFile,
  readRootKeyFile,
  readRootPublicKeyFile,
  readTextFile,
  updateIdentityFile,
  writeCredentialFile,
  writeIdentityFile,
  writeRootKeyFiles,
} from './node.ts'
import { formatSecretKey, generateKeyPair } from './secret-key.ts'
import { signCredential } from './sign-credential.ts'

const root = generateKeyPair()
const node = generateKeyPair()
const credential = signCredential({ type: 'policy', expiresAt: 4102444800, attributes: { a: 'ä' } }, root.secretKey)
const identity: Identity = {
  node: { secretKey: node.secretKey, endpointId: node.publicKey },
  peers: [{ role: 'consumer', name: 'billing', credential }],
}

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'aster-identity-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

const at = (name: string) => join(folder, name)
const modeOf = (path: string) => statSync(path).mode & 0o777

function put(name: string, content: string | Uint8Array, mode = 0o600): string {
  writeFileSync(at(name), content)
  chmodSync(at(name), mode)
  return at(name)
}

describe('identity files', () => {
  it('are written for their owner only, and read without a warning', () => {
    writeIdentityFile(at('id'), identity)
    expect(modeOf(at('id'))).toBe(0o600)
    expect(readIdentityFile(at('id'))).toEqual({ value: { ...identity, source: at('id') } })
    expect(readdirSync(folder)).toEqual(['id'])
  })

  it('that others may read are read with a warning', () => {
    for (const mode of [0o644, 0o640, 0o604]) {
      expect(readIdentityFile(put('id', '', mode)).warning).toBe(
        `${at('id')} can be read by others than its owner (mode 0${mode.toString(8)}) and holds secrets: chmod 600 it`,
      )
    }
  })

  it('are replaced as a whole, whatever mode they had', () => {
    put('id', 'old', 0o644)
    writeIdentityFile(at('id'), identity)
    expect(modeOf(at('id'))).toBe(0o600)
    expect(readIdentityFile(at('id')).value.peers).toHaveLength(1)
  })

  it('are left alone where they may not be replaced, or where nothing can be written', () => {
    put('id', 'old')
    expect(() => writeIdentityFile(at('id'), identity, { overwrite: false })).toThrow(
      `${at('id')} file: expected a place to write, found a file, which is not replaced`,
    )
    expect(readFileSync(at('id'), 'utf8')).toBe('old')
    mkdirSync(at('folder'))
    expect(() => writeIdentityFile(at('folder'), identity)).toThrow(IdentityError)
    expect(() => writeIdentityFile(at('none/id'), identity)).toThrow('expected a place to write, found no such folder')
    expect(readdirSync(folder).toSorted()).toEqual(['folder', 'id'])
  })

  it('that are ill-formed are refused before anything is written', () => {
    const broken = { peers: [{ role: 'consumer' as const, credential: { ...credential, signature: '' } }] }
    expect(() => writeIdentityFile(at('id'), broken)).toThrow('signature: expected 128 hex digits')
    expect(readdirSync(folder)).toEqual([])
  })

  it('are named by the caller in errors, with the path', () => {
    expect(() => readIdentityFile(at('none'), { source: 'ASTER_IDENTITY_FILE' })).toThrow(
      `ASTER_IDENTITY_FILE identity_file: expected a readable file, found no such file at ${at('none')}`,
    )
    expect(() => readIdentityFile(at('none'))).toThrow(
      `${at('none')} identity_file: expected a readable file, found no such file`,
    )
    expect(() => readIdentityFile(put('id', '[node]'), { source: 'inline' })).toThrow(
      'inline node.secret_key: expected',
    )
  })

  it('are refused where they are no text file of a fitting size', () => {
    expect(() => readIdentityFile(folder)).toThrow('found a folder')
    expect(() => readIdentityFile(put('id', Uint8Array.of(0xff, 0xfe)))).toThrow('found a file that is not UTF-8')
    expect(() => readIdentityFile(put('id', '#'.repeat(1_048_577)))).toThrow('found a file of more than 1048576 bytes')
    symlinkSync(at('self'), at('self'))
    expect(() => readIdentityFile(at('self'))).toThrow('found symbolic links that lead in a circle')
  })

  it('are not waited for where they are a pipe', () => {
    const makePipe = 'mkfifo'
    execFileSync(makePipe, [at('pipe')])
    expect(() => readIdentityFile(at('pipe'))).toThrow('found no regular file')
  })
})

describe('identity files that are changed', () => {
  const entry = (name: string) => ({ role: 'consumer' as const, name, credential })
  const add = (name: string) =>
    updateIdentityFile(at('id'), (found) => ({ ...found, peers: [...(found?.peers ?? []), entry(name)] }))
  const names = () => readIdentityFile(at('id')).value.peers.map(({ name }) => name)

  it('are made if they are missing, and keep what they have', () => {
    expect(add('a').value.peers).toMatchObject([{ name: 'a' }])
    chmodSync(at('id'), 0o644)
    expect(add('b').warning).toContain('can be read by others')
    expect(names()).toEqual(['a', 'b'])
    expect(modeOf(at('id'))).toBe(0o600)
    expect(readdirSync(folder)).toEqual(['id'])
  })

  it('are left alone if the change throws, and may be changed again', () => {
    add('a')
    const error = Object.assign(new Error('no more'), { code: 'ENOSPC' })
    const refuse = () =>
      updateIdentityFile(at('id'), () => {
        throw error
      })
    expect(refuse).toThrow(error)
    expect(readdirSync(folder)).toEqual(['id'])
    add('b')
    expect(names()).toEqual(['a', 'b'])
  })

  it('are changed again if a program that knows no lock writes meanwhile', () => {
    add('a')
    const seen: (string | undefined)[][] = []
    updateIdentityFile(at('id'), (found) => {
      seen.push((found?.peers ?? []).map(({ name }) => name))
      // As the Python tool does.
      if (seen.length === 1) put('id', formatIdentityFile({ peers: [entry('other')] }))
      return { peers: [...(found?.peers ?? []), entry('b')] }
    })
    expect(seen).toEqual([['a'], ['other']])
    expect(names()).toEqual(['other', 'b'])
  })

  it('are refused if they cannot be read, and left alone, with what may be all that is left of them', () => {
    put('id', '[node')
    put('.id.0123456789ab.new', formatIdentityFile(identity))
    expect(() => add('a')).toThrow('expected TOML')
    expect(readFileSync(at('id'), 'utf8')).toBe('[node')
    expect(readdirSync(folder)).toEqual(['.id.0123456789ab.new', 'id'])
  })
})

describe('files behind symbolic links', () => {
  beforeEach(() => mkdirSync(at('secret')))

  it('are written in their own folder, and the links stay', () => {
    put('secret/id', '', 0o644)
    symlinkSync('secret/id', at('link'))
    symlinkSync(at('link'), at('chain'))
    writeIdentityFile(at('chain'), identity)
    expect(readIdentityFile(at('secret/id')).value.peers).toHaveLength(1)
    expect(modeOf(at('secret/id'))).toBe(0o600)
    updateIdentityFile(at('chain'), () => ({ peers: [] }))
    expect(readIdentityFile(at('secret/id')).value.peers).toEqual([])
    for (const name of ['link', 'chain']) expect(lstatSync(at(name)).isSymbolicLink()).toBe(true)
    expect(readdirSync(folder)).toEqual(['chain', 'link', 'secret'])
    expect(readdirSync(at('secret'))).toEqual(['id'])
  })

  it('are made where a link leads, if they are missing', () => {
    for (const name of ['id', 'token', 'root.key', 'root.pub']) symlinkSync(`secret/${name}`, at(name))
    writeIdentityFile(at('id'), identity, { overwrite: false })
    writeCredentialFile(at('token'), credential, { overwrite: false })
    writeRootKeyFiles(at('root.key'), root)
    expect(readdirSync(at('secret'))).toEqual(['id', 'root.key', 'root.pub', 'token'])
    for (const name of readdirSync(at('secret'))) expect(lstatSync(at(name)).isSymbolicLink()).toBe(true)
    expect(() => writeIdentityFile(at('id'), identity, { overwrite: false })).toThrow('which is not replaced')
  })

  it('are none if links lead in a circle, or nowhere', () => {
    symlinkSync('b', at('a'))
    symlinkSync('a', at('b'))
    expect(() => writeIdentityFile(at('a'), identity)).toThrow('found symbolic links that lead in a circle')
    symlinkSync('none/id', at('id'))
    expect(() => writeIdentityFile(at('id'), identity)).toThrow('found no such folder')
  })
})

describe('what is no regular file', () => {
  it('is not replaced', () => {
    const makePipe = 'mkfifo'
    execFileSync(makePipe, [at('pipe')])
    symlinkSync('/dev/null', at('device'))
    for (const name of ['pipe', 'device'])
      expect(() => writeCredentialFile(at(name), credential)).toThrow(
        'expected a place to write, found no regular file',
      )
    expect(() => updateIdentityFile(at('pipe'), () => identity)).toThrow('found no regular file')
    expect(() => writeIdentityFile(folder, identity)).toThrow('expected a place to write, found a folder')
  })
})

describe('credential files', () => {
  it('are written for their owner only and read', () => {
    writeCredentialFile(at('token'), credential)
    expect(modeOf(at('token'))).toBe(0o600)
    expect(readConsumerCredentialFile(at('token'))).toEqual({ value: { credential } })
  })

  it('may be identity files, of which a peer is chosen', () => {
    writeIdentityFile(at('id'), identity)
    expect(readConsumerCredentialFile(at('id'), { peer: 'billing' }).value).toEqual({
      credential,
      identity: { ...identity, source: at('id') },
    })
    expect(() => readConsumerCredentialFile(at('id'), { peer: 'nobody', source: 'inline' })).toThrow(
      'inline peer: expected',
    )
  })

  it('that others may read are read with a warning, as the Python tool writes them', () => {
    expect(readConsumerCredentialFile(put('token', fixture('aster-cli/c-policy.json'), 0o644)).warning).toContain(
      'chmod 600',
    )
  })

  it.each([
    ['', 'an empty file'],
    [fixture('aster-cli/authorize.json'), 'that of a producer'],
    ['[node]\nsecret_key = "kfgcmzf0PZg/Igw02mgaxbCYBoN2jSwkhRsbb3U1FqM="', 'an identity file without a consumer'],
  ])('without a credential for a consumer are refused', (content, found) => {
    expect(() => readConsumerCredentialFile(put('token', content))).toThrow(`found ${found}`)
  })
})

describe('readTextFile', () => {
  it('returns the text and the mode, or what is wrong with the file', () => {
    expect(readTextFile(put('text', '\uFEFFä', 0o640))).toEqual({ text: 'ä', mode: expect.any(Number) as number })
    expect(readTextFile(at('text/below'))).toEqual({ problem: 'no such file' })
    expect(readTextFile('a\u0000b')).toEqual({ problem: 'a file that cannot be read (ERR_INVALID_ARG_VALUE)' })
  })
})

describe('root key files', () => {
  it('are written as a pair, the secret for its owner only', () => {
    expect(writeRootKeyFiles(at('root.key'), root)).toEqual({ publicKeyPath: at('root.pub') })
    expect([modeOf(at('root.key')), modeOf(at('root.pub'))]).toEqual([0o600, 0o644])
    const { value, warning } = readRootKeyFile(at('root.key'))
    expect(formatSecretKey(value.secretKey)).toBe(formatSecretKey(root.secretKey))
    expect(warning).toBeUndefined()
    expect(readRootPublicKeyFile(at('root.pub'))).toBe(root.publicKey)
    expect(readRootPublicKeyFile(at('root.key'))).toBe(root.publicKey)
  })

  it.each(['root.key', 'root.pub'])('are not replaced unless told to: %s', (name) => {
    put(name, 'old')
    expect(() => writeRootKeyFiles(at('root.key'), root)).toThrow('found a file, which is not replaced')
    expect(readdirSync(folder)).toEqual([name])
    expect(readFileSync(at(name), 'utf8')).toBe('old')
    writeRootKeyFiles(at('root.key'), root, { overwrite: true })
    expect(readRootPublicKeyFile(at(name))).toBe(root.publicKey)
  })
})
