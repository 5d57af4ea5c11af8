// This tool and the Python tool read each other's files.
import {
  type ConsumerPeer,
  credentialFindings,
  formatCredential,
  generateKeyPair,
  parseConsumerCredentialFile,
  parseIdentityFile,
  parseRootKey,
  selectPeer,
} from '@aster/identity'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Workplace } from '../test/cli.ts'
import { missing, pythonAster, readByPython } from './python.ts'

/** A moment after the present of both tools. */
const EXPIRES = ['--expires', '2100-01-01T00:00:00Z']
const ODD = ['--attr', 'team=blau "& grün"', '--attr', '10=ten', '--attr', '9=nine', '--attr', '\u{1f600}=\uffee\\\n']

let place: Workplace
beforeEach(({ skip }) => {
  if (missing !== undefined) skip(missing)
  place = new Workplace()
})
afterEach(() => place?.[Symbol.dispose]())

const enroll = (...args: readonly string[]) =>
  place.json('enroll', 'consumer', '--root-key', 'root.key', ...EXPIRES, ...args)
const identityOf = (name: string) => parseIdentityFile(place.read(name))
const entryOf = (name: string, peer: string) =>
  selectPeer(identityOf(name), { name: peer, role: 'consumer' }) as ConsumerPeer

/** Returns the credential that the Python consumer has to read from an entry, keys included. */
function asPythonReads(name: string, peer: string) {
  const { credential } = entryOf(name, peer)
  return {
    credential: JSON.parse(formatCredential(credential)) as object,
    verifies: true,
    rootPubkey: credential.rootPubkey,
    secretKey: Buffer.from(identityOf(name).node?.secretKey.reveal() ?? []).toString('hex'),
  }
}

describe('what this tool writes', () => {
  beforeEach(() => place.json('keygen', 'root'))

  it('is an identity file of a Python consumer: policy and one-time entries, any attributes', async () => {
    await enroll('--name', 'billing "A"', '--role', 'ops', ...ODD)
    await enroll('--name', 'plain')
    await enroll('--name', 'once', '--ott')
    await enroll('--name', 'roles', '--capabilities', 'ops.logs,ops.admin')
    for (const peer of ['billing "A"', 'plain', 'once', 'roles']) {
      const reading = await readByPython(place, { ASTER_IDENTITY_FILE: '.aster-identity' }, peer)
      expect(reading).toEqual(asPythonReads('.aster-identity', peer))
    }
  })

  it('is a credential file of a Python consumer, with root.pub as its root key', async () => {
    const { publicKey } = generateKeyPair()
    await enroll('--name', 'a', '--out', 'policy.json', ...ODD)
    await enroll('--name', 'a', '--out', 'bound.json', '--endpoint-id', publicKey)
    await enroll('--name', 'a', '--out', 'ott.json', '--ott')
    for (const name of ['policy.json', 'bound.json', 'ott.json']) {
      const { credential } = parseConsumerCredentialFile(place.read(name))
      const env = { ASTER_ENROLLMENT_CREDENTIAL: name, ASTER_ROOT_PUBKEY_FILE: 'root.pub' }
      expect(await readByPython(place, env)).toEqual({
        credential: JSON.parse(formatCredential(credential)),
        verifies: true,
        rootPubkey: credential.rootPubkey,
        secretKey: null,
      })
    }
  })

  it('is a root key and an identity file that the Python tool adds to', async () => {
    const { endpointId } = await place.json('keygen', 'node')
    await enroll('--name', 'ours', '--role', 'ops')
    const args = ['enroll', 'node', '--role', 'consumer', '--name', 'theirs', '--root-key', 'root.key']
    await pythonAster(place, ...args, '--identity', '.aster-identity', '--out', '.aster-identity')
    expect(identityOf('.aster-identity').node?.endpointId).toBe(endpointId)
    for (const name of ['ours', 'theirs']) {
      const { credential } = entryOf('.aster-identity', name)
      const { publicKey } = parseRootKey(place.read('root.key'))
      expect(credentialFindings(credential, { endpointId: String(endpointId), rootPubkey: publicKey })).toEqual([])
    }
  })

  it('is a root key that the Python tool signs with', async () => {
    await pythonAster(place, 'trust', 'sign', '--root-key', 'root.key', '--type', 'policy', '--out', 'c.json')
    const { peers } = await place.json('identity', 'show', 'c.json')
    expect(peers).toMatchObject([{ credential: parseRootPubkey(), findings: [] }])
  })

  const parseRootPubkey = () => ({ rootPubkey: parseRootKey(place.read('root.key')).publicKey })
})

describe('what the Python tool writes', () => {
  const python = (...args: readonly string[]) => pythonAster(place, ...args)
  beforeEach(() => python('keygen', 'root', '--out', 'root.key'))

  it('is a root key that this tool signs with, and root.pub its public half', async () => {
    await enroll('--name', 'a')
    expect(await readByPython(place, { ASTER_IDENTITY_FILE: '.aster-identity' })).toEqual(
      asPythonReads('.aster-identity', 'a'),
    )
    expect(JSON.parse(place.read('root.pub'))).toEqual({
      public_key: entryOf('.aster-identity', 'a').credential.rootPubkey,
    })
  })

  it('is an identity file that this tool shows, adds to, and makes whole for the Python consumer', async () => {
    const args = ['enroll', 'node', '--root-key', 'root.key', '--role', 'consumer']
    const file = '.aster-identity'
    await python(...args, '--name', 'billing', '--attributes', 'aster.name=billing,team=blue')
    const producer = ['enroll', 'node', '--root-key', 'root.key', '--role', 'producer', '--name', 'web']
    await python(...producer, '--identity', file, '--out', file)
    const before = await place.json('identity', 'show')
    expect(before).toMatchObject({
      peers: [
        {
          name: 'billing',
          credential: {
            type: 'policy',
            attributes: { 'aster.role': 'consumer', 'aster.name': 'billing', team: 'blue' },
          },
          findings: [],
        },
        { name: 'web', role: 'producer', credential: { type: 'producer' }, findings: [] },
      ],
    })
    // The file lacks signed attributes, so that the Python consumer sends a credential whose signature is not valid.
    expect(await readByPython(place, { ASTER_IDENTITY_FILE: file })).toMatchObject({ verifies: false })

    await enroll('--name', 'ours')
    const { peers } = await place.json('identity', 'show')
    expect(peers).toMatchObject([...(before['peers'] as object[]), { name: 'ours', findings: [] }])
    for (const peer of ['billing', 'ours']) {
      expect(await readByPython(place, { ASTER_IDENTITY_FILE: file }, peer)).toEqual(asPythonReads(file, peer))
    }
  })

  it('has the roles of --capabilities where this tool has them', async () => {
    const list = ['--capabilities', 'ops.logs,ops.admin']
    await python('enroll', 'node', '--root-key', 'root.key', '--role', 'consumer', '--name', 'theirs', ...list)
    await enroll('--name', 'ours', ...list)
    for (const peer of ['theirs', 'ours']) {
      const { credential } = entryOf('.aster-identity', peer)
      expect(credential.attributes['aster.role']).toBe('ops.logs,ops.admin')
      expect(credentialFindings(credential, {})).toEqual([])
    }
  })

  it('is shown as useless if it is a one-time entry, which lacks its nonce', async () => {
    await python('enroll', 'node', '--root-key', 'root.key', '--role', 'consumer', '--name', 'once', '--type', 'ott')
    expect(await place.json('identity', 'show')).toMatchObject({
      peers: [{ name: 'once', credential: null, findings: [{ kind: 'unusable' }] }],
    })
    await enroll('--name', 'once', '--ott', '--force')
    expect(await readByPython(place, { ASTER_IDENTITY_FILE: '.aster-identity' })).toEqual(
      asPythonReads('.aster-identity', 'once'),
    )
  })

  it('is a credential file that this tool shows', async () => {
    const { publicKey } = generateKeyPair()
    const sign = ['trust', 'sign', '--root-key', 'root.key', '--expires', '2100-01-01T00:00:00Z']
    await python(
      ...sign,
      '--type',
      'policy',
      '--attributes',
      '{"aster.role":"ops","team":"grün"}',
      '--out',
      'policy.json',
    )
    await python(...sign, '--type', 'ott', '--endpoint-id', publicKey, '--out', 'ott.json')
    const shown = async (name: string) => (await place.json('identity', 'show', name))['peers']
    const expiresAt = Date.UTC(2100, 0, 1) / 1000
    expect(await shown('policy.json')).toMatchObject([
      {
        credential: { type: 'policy', endpointId: null, expiresAt, attributes: { 'aster.role': 'ops', team: 'grün' } },
        findings: [],
      },
    ])
    expect(await shown('ott.json')).toMatchObject([
      { credential: { type: 'ott', endpointId: publicKey, expiresAt }, findings: [] },
    ])
  })
})
