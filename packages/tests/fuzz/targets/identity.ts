import { isDeepStrictEqual } from 'node:util'
import {
  canonicalAttributes,
  formatCredential,
  formatCredentialFile,
  formatIdentityFile,
  generateKeyPair,
  parseConsumerCredentialFile,
  parseCredential,
  parseIdentityFile,
  parseRootKey,
  parseRootPublicKey,
  parseSecretKey,
  recognizeFile,
  signCredential,
  signingBytes,
  verifyCredential,
} from '@aster/identity'
import { Choices } from '../engine/choices.ts'
import { assert, attempt } from '../engine/expect-error.ts'
import { type Target, textOf } from '../engine/target.ts'
import { readPackageFile, readVectors, seedsOf, textsUnder } from './seeds.ts'

const IDENTITY = { name: 'IdentityError' }
const files = [
  'aster-identity',
  'authorize.json',
  'c-ott.json',
  'c-policy.json',
  'c-producer.json',
  'root.key',
  'root.pub',
]

/** The names of files in the vectors. */
const names = ['a', 'b', 'x', '.aster-identity', 'x.cred', 'root.pub', 'root.key', 'x.json', 'etc/my-id']

export const identityFiles: Target = {
  name: 'identity-files',
  seeds: () => [
    ...files.map((name) => readPackageFile(`identity/fixtures/aster-cli/${name}`)),
    ...seedsOf(textsUnder(readVectors('identity/fixtures/identity-files.json'), ...names)),
    ...seedsOf(textsUnder(readVectors('config/fixtures/consumers.json'), ...names)),
  ],
  tokens: [
    '[node]',
    '[[peers]]',
    '__proto__',
    'secret_key = ""',
    'attributes = {}',
    '"""',
    "'''",
    '\n',
    'inf',
    'nan',
    '1979-05-27',
    '= 1',
    '= true',
    'role = "consumer"',
    'role = "producer"',
    'type = "ott"',
    'expires_at = 18446744073709551616',
  ],
  run(input) {
    const text = textOf(input)
    const source = 'the file'
    const identity = attempt(() => parseIdentityFile(text, { source }), IDENTITY)
    if (identity !== undefined) {
      const written = attempt(() => formatIdentityFile(identity.value), IDENTITY)
      if (written !== undefined) parseIdentityFile(written.value)
    }
    recognizeFile(text)
    attempt(() => parseConsumerCredentialFile(text, { source }), IDENTITY)
    attempt(() => parseRootKey(text, { source }), IDENTITY)
    attempt(() => parseRootPublicKey(text, { source }), IDENTITY)
    attempt(() => parseSecretKey(text), IDENTITY)
  },
}

export const credentials: Target = {
  name: 'credentials',
  seeds: () => seedsOf(textsUnder(readVectors('identity/fixtures/credentials.json'), 'wireJson', 'nativeJson')),
  tokens: [
    'null',
    '"policy"',
    '"ott"',
    '{',
    '}',
    '":"',
    '18446744073709551615',
    '18446744073709551616',
    '1e3',
    '__proto__',
    '\\ud800',
    '\\u0000',
  ],
  run(input) {
    const text = textOf(input)
    const read = attempt(() => parseCredential(text), IDENTITY)
    if (read === undefined) return
    attempt(() => signingBytes(read.value), IDENTITY)
    const { value } = read
    const format = () => (value.type === 'producer' ? formatCredentialFile(value) : formatCredential(value))
    const written = attempt(format, IDENTITY)
    if (written === undefined) return
    assert(isDeepStrictEqual(parseCredential(written.value), read.value), 'a credential is read again from its text')
    // Verifying is slow, so only one input in 16 is verified.
    if ((input.length & 15) === 0) verifyCredential(value)
  },
}

const root = generateKeyPair()

/** Takes the input as attributes, and checks that the signed attributes are the ones that are sent. */
export const attributes: Target = {
  name: 'attributes',
  seeds: () => [Uint8Array.from({ length: 60 }, (_, i) => i * 7), new Uint8Array(20)],
  tokens: ['aster.role', '__proto__', '10', '9', '\u0000', '\u001f', '\u2028', '😀', '\\', '"'],
  maxLength: 512,
  run(input) {
    const choices = new Choices(input)
    const isSigned = choices.below(64) === 0
    const entries = Array.from({ length: choices.below(12) }, () => [choices.text(20), choices.text(40)] as const)
    const given = Object.fromEntries(entries)
    const text = attempt(() => canonicalAttributes(given), IDENTITY)
    if (text === undefined) return
    assert(isDeepStrictEqual(JSON.parse(text.value), given), 'canonical attributes are JSON of the attributes')
    if (!isSigned) return
    const { publicKey: endpointId } = root
    const unsigned = { type: 'policy', endpointId, expiresAt: 4_102_444_800, attributes: given } as const
    const credential = signCredential(unsigned, root.secretKey)
    assert(verifyCredential(parseCredential(formatCredential(credential))), 'a signature holds for what was sent')
  },
}
