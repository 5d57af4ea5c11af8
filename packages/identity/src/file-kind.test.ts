import { describe, expect, it } from 'vitest'
import { formatCredentialFile } from './format-credential.ts'
import { formatIdentityFile } from './format-identity-file.ts'
import { recognizeFile } from './file-kind.ts'
import { parseConsumerCredentialFile } from './credential-file.ts'
import { parseIdentityFile } from './parse-identity-file.ts'
import { formatRootKey, formatRootPublicKey, parseRootKey, parseRootPublicKey } from './root-key.ts'
import { generateKeyPair } from './secret-key.ts'
import { signCredential } from './sign-credential.ts'

const pair = generateKeyPair()
const credential = signCredential({ type: 'policy', expiresAt: 4102444800, attributes: {} }, pair.secretKey)
const files = {
  'a root key': formatRootKey(pair),
  'a root public key': formatRootPublicKey(pair.publicKey),
  'a credential': formatCredentialFile(credential),
  'an identity file': formatIdentityFile({ peers: [{ role: 'consumer', name: 'a', credential }] }),
} as const

it.each(Object.entries(files))('recognizes %s', (kind, text) => {
  expect(recognizeFile(text)).toBe(kind)
  expect(recognizeFile(`\uFEFF${text}`.trim())).toBe(kind)
})

it.each(['', '{', '{}', '[]', 'null', 'node', '[network]\nnode = 1'])('does not know %j', (text) =>
  expect(recognizeFile(text)).toBeUndefined(),
)

describe('a file in place of another is named', () => {
  const readers = {
    'an identity file': parseIdentityFile,
    'a root key': parseRootKey,
    'the public key of a root key': parseRootPublicKey,
    'the credential of a consumer, as JSON or in an identity file': parseConsumerCredentialFile,
  }
  it.each([
    ['an identity file', 'a root key'],
    ['an identity file', 'a root public key'],
    ['an identity file', 'a credential'],
    ['a root key', 'a root public key'],
    ['a root key', 'a credential'],
    ['a root key', 'an identity file'],
    ['the public key of a root key', 'a credential'],
    ['the public key of a root key', 'an identity file'],
    ['the credential of a consumer, as JSON or in an identity file', 'a root key'],
    ['the credential of a consumer, as JSON or in an identity file', 'a root public key'],
  ] as const)('where %s is expected: %s', (expected, kind) => {
    const read = (): unknown => readers[expected](files[kind], { source: 'the-file' })
    expect(read).toThrow(`expected ${expected}, found ${kind}`)
    expect(read).toThrow(expect.objectContaining({ source: 'the-file', found: kind }))
  })
})
