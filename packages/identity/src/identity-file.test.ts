import { inspect } from 'node:util'
import * as fc from 'fast-check'
import { hex } from '@scure/base'
import { describe, expect, it } from 'vitest'
import { attributes, secretKeys } from '../test/arbitraries.ts'
import { fixture, vectors } from '../test/vectors.ts'
import { type ConsumerCredentialFile, parseConsumerCredentialFile } from './credential-file.ts'
import { credentialFindings } from './credential-findings.ts'
import { generateNonce } from './credential.ts'
import { formatCredential } from './format-credential.ts'
import { formatIdentityFile } from './format-identity-file.ts'
import { IdentityError } from './identity-error.ts'
import type { Identity, Peer } from './identity.ts'
import { parseIdentityFile } from './parse-identity-file.ts'
import { generateKeyPair } from './secret-key.ts'
import { selectPeer } from './select-peer.ts'
import { signCredential, verifyCredential } from './sign-credential.ts'

interface Case {
  name: string
  inline: { identity?: string; enrollment_credential_file?: string; peer?: string; root_pubkey?: string }
  files: Record<string, string>
  homeFiles?: Record<string, string>
  env: Record<string, string>
  expect: {
    error?: { field: string; source?: string; known?: string[] }
    rootPubkey: string | null
    secretKeyHex: string | null
    credential: object | null
  }
  finding?: string
}

/** The subject of each case: the identity or credential file that the client ends up with, and its content. */
function used({ inline, files, homeFiles = {}, env }: Case) {
  const text = (path: string | undefined) =>
    path?.startsWith('~/') ? homeFiles[path.slice(2)] : files[path?.replace(/^DIR\//, '') ?? '']
  const identityPath = inline.identity ?? env['ASTER_IDENTITY_FILE'] ?? '.aster-identity'
  const identityText = text(identityPath)
  const credentialPath = inline.enrollment_credential_file ?? env['ASTER_ENROLLMENT_CREDENTIAL']
  return { identityPath, identityText, credentialText: text(credentialPath), inline }
}

/** Whether this package alone decides a case, without precedence, missing files or keys of the environment. */
const isOurs = (vector: Case) => {
  const { identityText, credentialText, inline } = used(vector)
  if (inline.enrollment_credential_file !== undefined) return credentialText !== undefined && identityText === undefined
  return identityText !== undefined || credentialText !== undefined
}

function resolve(vector: Case): Partial<ConsumerCredentialFile> {
  const { identityPath, identityText, credentialText, inline } = used(vector)
  if (identityText === undefined) return parseConsumerCredentialFile(credentialText ?? '', { peer: inline.peer })
  const identity = parseIdentityFile(identityText, { source: identityPath })
  const peer = selectPeer(identity, { role: 'consumer', name: inline.peer })
  return { identity, ...(peer && { credential: peer.credential }) }
}

const cases = vectors<{ cases: Case[] }>('identity-files').cases.filter(isOurs)
const kinds: Record<string, string> = {
  expired: 'expired',
  'bound to another endpoint id': 'other-endpoint',
  'signature does not hold': 'bad-signature',
  'signed by another root key than the expected one': 'other-root',
}

describe('vectors', () => {
  it('are here in number', () => {
    expect(cases.length).toBe(50)
  })

  it.each(cases.filter((vector) => !vector.expect.error))('$name', (vector) => {
    const { identity, credential } = resolve(vector)
    const secretKey = identity?.node?.secretKey
    expect(secretKey ? hex.encode(secretKey.reveal()) : null).toBe(vector.expect.secretKeyHex)
    expect(credential ? JSON.parse(formatCredential(credential)) : null).toEqual(vector.expect.credential)
    if (!credential) return
    const findings = credentialFindings(credential, {
      endpointId: identity?.node?.endpointId ?? generateKeyPair().publicKey,
      rootPubkey: vector.inline.root_pubkey,
    })
    expect(findings.map(({ kind }) => kind)).toEqual(vector.finding === undefined ? [] : [kinds[vector.finding]])
  })

  it.each(cases.filter((vector) => vector.expect.error))('$name', (vector) => {
    const { field, source, known = [] } = vector.expect.error ?? {}
    // To the configuration a credential file is one field, which its errors name.
    const expected = field === 'enrollment_credential_file' ? {} : { source }
    expect(() => resolve(vector)).toThrow(expect.objectContaining({ name: 'IdentityError', ...expected }))
    try {
      resolve(vector)
    } catch (error) {
      if (!(error instanceof IdentityError) || !('source' in expected)) return
      expect(error.field.replace(/\[\d+\]/, '').replace(/^peers\.nonce$/, 'nonce')).toBe(field)
      for (const name of known) expect(error.message).toContain(JSON.stringify(name))
    }
  })
})

const root = generateKeyPair()
const node = generateKeyPair()
const consumer = (name: string): Peer => ({
  role: 'consumer',
  name,
  credential: signCredential(
    { type: 'policy', expiresAt: 4102444800, attributes: { 'aster.role': 'ops' } },
    root.secretKey,
  ),
})
const text = formatIdentityFile({
  node: { secretKey: node.secretKey, endpointId: node.publicKey },
  peers: [consumer('a')],
})

describe('files of `aster enroll node`', () => {
  const identity = parseIdentityFile(fixture('aster-cli/aster-identity'), { source: '.aster-identity' })

  it.each(['plain', 'named'])('hold once the attributes that it left out are back: %s', (name) => {
    const peer = selectPeer(identity, { role: 'consumer', name })
    expect(peer && verifyCredential(peer.credential)).toBe(true)
    expect(peer?.credential.attributes).toMatchObject(
      name === 'plain'
        ? { 'aster.role': 'consumer' }
        : { 'aster.role': 'ops.status,ops.logs', 'aster.name': 'named', team: 'x' },
    )
  })

  it.each(['prod', 'prodott'])('have producers, too: %s', (name) => {
    const peer = selectPeer(identity, { role: 'producer', name })
    expect(peer && verifyCredential(peer.credential)).toBe(true)
  })

  it('can be used though one entry has no nonce; only that one cannot', () => {
    expect(selectPeer(identity, { role: 'consumer' })?.name).toBe('plain')
    expect(() => selectPeer(identity, { role: 'consumer', name: 'once' })).toThrow(
      '.aster-identity peers[2].nonce: expected 64 hex digits in an ott entry, found nothing',
    )
    expect(() => formatIdentityFile(identity)).toThrow('peers[2].nonce')
  })

  it('are written with every signed attribute', () => {
    const usable = { ...identity, peers: identity.peers.filter((peer) => !('problem' in peer)) }
    const written = formatIdentityFile(usable)
    expect(written.match(/"aster.role"/g)).toHaveLength(4)
    expect(parseIdentityFile(written, { source: '.aster-identity' })).toEqual(usable)
  })
})

describe('parseIdentityFile', () => {
  it.each([
    ['peer', '[[peer]]\n', 'peer: expected peers, found the unknown key "peer"'],
    ['secret_key', 'secret_key = "x"\n', 'secret_key: expected secret_key inside of [node] or [[peers]]'],
    [
      'node.secret-key',
      '[node]\nsecret-key = "x"\n',
      'node.secret-key: expected secret_key, found the unknown key "secret-key"',
    ],
    ['node.secret_key', '[node]\n', 'node.secret_key: expected base64 of 32 bytes, found nothing'],
    ['node.secret_key', '[node]\nsecret_key = 5\n', 'node.secret_key: expected a string, found a number'],
    ['node', 'node = 1979-05-27\n', 'node: expected a table, found an object of class TomlDate'],
    ['peers[0]', 'peers = [1]\n', 'peers[0]: expected a table, found a number'],
    ['peers[0].role', '[[peers]]\nname = "x"\n', 'peers[0].role: expected consumer or producer, found nothing'],
    [
      'peers[0].role',
      '[[peers]]\nrole = "Consumer"\n',
      'peers[0].role: expected consumer or producer, found "Consumer"',
    ],
    ['peers[0].atributes', '[[peers]]\natributes = {}\n', 'peers[0].atributes: expected attributes'],
    [
      'peers[0].type',
      text.replace(/^[^]*\[\[peers\]\]/, '[[peers]]').replace('"policy"', '"producer"'),
      'policy or ott',
    ],
    [
      'peers[0].type',
      '[[peers]]\nrole = "producer"\ntype = "ott"',
      'peers[0].type: expected policy or producer, found "ott"',
    ],
    ['identity_file', '\n\n[node\n', 'identity_file: expected TOML, found an error in line 3'],
  ])('names %s in its error', (field, content, message) => {
    expect(() => parseIdentityFile(content, { source: 'id.toml' })).toThrow(message)
    expect(() => parseIdentityFile(content, { source: 'id.toml' })).toThrow(
      expect.objectContaining({ field, source: 'id.toml' }),
    )
  })

  it('lets a title of the owner stand', () => {
    expect(parseIdentityFile(`title = "mine"\n${text}`).node?.endpointId).toBe(node.publicKey)
  })

  it('shows no secret in anything that it returns or throws', () => {
    const secret = node.secretKey.reveal()
    const base64 = Buffer.from(secret).toString('base64')
    expect(text).toContain(base64)
    const identity = parseIdentityFile(text)
    expect(inspect(identity, { depth: 9, showHidden: true }) + JSON.stringify(identity)).not.toContain(
      base64.slice(0, 10),
    )
    for (const broken of [`${base64} = `, `[node]\nsecret_key = ${base64}`, text.replace(base64, `${base64}x`)]) {
      let shown = ''
      try {
        parseIdentityFile(broken)
      } catch (error) {
        shown = inspect(error, { depth: 9, showHidden: true })
      }
      expect(shown).toContain('IdentityError')
      expect(shown).not.toContain(base64.slice(0, 10))
    }
  })

  it('reads back what formatIdentityFile wrote', () => {
    const base = {
      name: fc.option(fc.string({ unit: 'grapheme' }), { nil: undefined }),
      attributes,
      expiresAt: fc.oneof(fc.integer({ min: 1 }), fc.bigInt({ min: 2n ** 53n, max: 2n ** 64n - 1n })),
    }
    const peer = fc
      .record({ ...base, type: fc.constantFrom('policy' as const, 'ott' as const, 'producer' as const) })
      .map(({ name, type, ...rest }): Peer => {
        const label = name === undefined ? {} : { name }
        if (type === 'producer') {
          return {
            role: type,
            ...label,
            credential: signCredential({ type, endpointId: node.publicKey, ...rest }, root.secretKey),
          }
        }
        const credential =
          type === 'policy'
            ? signCredential({ type, ...rest }, root.secretKey)
            : signCredential({ type, ...rest, nonce: generateNonce() }, root.secretKey)
        return { role: 'consumer', ...label, credential }
      })
    const nodes = secretKeys.map((secretKey) => ({ secretKey, endpointId: secretKey.publicKey }))
    const identity: fc.Arbitrary<Identity> = fc.record(
      { node: nodes, peers: fc.array(peer, { maxLength: 3 }), source: fc.constant('x') },
      { requiredKeys: ['peers', 'source'] },
    )
    fc.assert(
      fc.property(identity, (value) => {
        const again = parseIdentityFile(formatIdentityFile(value), { source: 'x' })
        expect(again).toEqual(value)
        expect(again.node?.secretKey.reveal()).toEqual(value.node?.secretKey.reveal())
      }),
      { numRuns: 50 },
    )
  })

  it.each([
    ['ab'.repeat(32), 'that of another key'],
    [`ab12${'7f'.repeat(64)}`, 'a string of 132 characters'],
    ['', 'an empty string'],
  ])('does not show the wrong endpoint_id %s, which may be a part of a secret', (endpointId, found) => {
    const { secretKey } = generateKeyPair()
    const file = formatIdentityFile({ node: { secretKey, endpointId: secretKey.publicKey }, peers: [], source: 'x' })
    const parse = () => parseIdentityFile(file.replace(secretKey.publicKey, endpointId), { source: 'x' })
    expect(parse).toThrow(
      `node.endpoint_id: expected ${secretKey.publicKey}, which belongs to secret_key, found ${found}`,
    )
  })

  it('reads or refuses any text, and never fails otherwise', () => {
    const lines = text.split('\n')
    const broken = fc.shuffledSubarray(lines).map((some) => some.join('\n'))
    const cut = fc
      .tuple(fc.nat(text.length), fc.nat(text.length))
      .map(([from, to]) => text.slice(0, from) + text.slice(to))
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), broken, cut), (content) => {
        for (const parse of [parseIdentityFile, parseConsumerCredentialFile]) {
          try {
            parse(content)
          } catch (error) {
            expect(error).toBeInstanceOf(IdentityError)
          }
        }
      }),
    )
  })
})
