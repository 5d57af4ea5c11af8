import { describeSecret, describeShown, isDate, isObject, nearest, quoted } from '@aster/rpc-core/schema'
import { parse, TomlError } from 'smol-toml'
import { recognizeFile } from './file-kind.ts'
import type { Identity, NodeIdentity, Peer, UnusablePeer } from './identity.ts'
import { IdentityError, type SourceOptions } from './identity-error.ts'
import { withImpliedAttributes } from './implied-attributes.ts'
import { assertKnownKeys, type Table, type TablePlace } from './known-keys.ts'
import { consumerCredentialOf, credentialTypeError, producerCredentialOf } from './parse-credential.ts'
import { parseSecretKey } from './secret-key.ts'

const NODE_KEYS = ['secret_key', 'endpoint_id']
const CREDENTIAL_KEYS = ['type', 'root_pubkey', 'endpoint_id', 'expires_at', 'nonce', 'signature', 'attributes']
const PEER_KEYS = ['name', 'role', ...CREDENTIAL_KEYS]

/**
 * Parses an identity file (`.aster-identity`). Attributes that were signed and left out are restored.
 *
 * @throws IdentityError if the file is ill-formed, or if a table has an unknown key. Outside of the tables, an unknown key is
 *   an error only if it looks like a mistake
 */
export function parseIdentityFile(text: string, { source }: SourceOptions = {}): Identity {
  const document = parseToml(text, { source })
  assertNoMisplacedKeys(document, { source })
  const node = document['node'] === undefined ? undefined : readNode(document['node'], { source })
  const peers = document['peers'] ?? []
  if (!Array.isArray(peers)) {
    throw new IdentityError({ field: 'peers', source, expected: 'a list of tables', found: describeSecret(peers) })
  }
  return {
    ...(node && { node }),
    peers: peers.map((peer: unknown, index) => readPeer(peer, { at: `peers[${index}].`, source })),
    ...(source !== undefined && { source }),
  }
}

function parseToml(text: string, { source }: SourceOptions): Table {
  try {
    return parse(text, { integersAsBigInt: 'asNeeded' })
  } catch (error) {
    // The message of the TomlError would quote a line of the file, perhaps the one with the key.
    const kind = recognizeFile(text)
    if (kind !== undefined && kind !== 'an identity file') {
      throw new IdentityError({ field: 'identity_file', source, expected: 'an identity file', found: kind })
    }
    const found = error instanceof TomlError ? `an error in line ${error.line}` : 'something else'
    throw new IdentityError({ field: 'identity_file', source, expected: 'TOML', found })
  }
}

/**
 * Throws if a key outside of the tables looks like a mistake: `peer` for `peers`, or a key above its table. Other keys are
 * ignored.
 */
function assertNoMisplacedKeys(document: Table, { source }: SourceOptions): void {
  for (const key of Object.keys(document)) {
    if (key === 'node' || key === 'peers') continue
    const inTable = [...NODE_KEYS, ...CREDENTIAL_KEYS].includes(key)
    const expected = inTable ? `${key} inside of [node] or [[peers]]` : nearest(key, ['node', 'peers'])
    if (expected === undefined) continue
    throw new IdentityError({ field: key, source, expected, found: `the unknown key ${quoted(key)}` })
  }
}

function readNode(value: unknown, { source }: SourceOptions): NodeIdentity {
  const place = { at: 'node.', source }
  const table = readTable(value, place)
  assertKnownKeys(table, NODE_KEYS, place)
  const field = 'node.secret_key'
  const secret = readString(table, 'secret_key', place)
  if (secret === undefined) {
    throw new IdentityError({ field, source, expected: 'base64 of 32 bytes', found: 'nothing' })
  }
  const secretKey = parseSecretKey(secret, { field, source })
  const written = readString(table, 'endpoint_id', place)
  const endpointId = secretKey.publicKey
  if (written !== undefined && written.toLowerCase() !== endpointId) {
    const expected = `${endpointId}, which belongs to secret_key`
    // The text is not shown: in a damaged file it may be a part of a secret.
    const found = /^[0-9a-f]{64}$/i.test(written) ? 'that of another key' : describeSecret(written)
    throw new IdentityError({ field: 'node.endpoint_id', source, expected, found })
  }
  return { secretKey, endpointId }
}

function readPeer(value: unknown, place: TablePlace): Peer | UnusablePeer {
  const { at, source } = place
  const table = readTable(value, place)
  assertKnownKeys(table, PEER_KEYS, place)
  const name = readString(table, 'name', place)
  const role = readString(table, 'role', place)
  const type = readString(table, 'type', place)
  const label = name === undefined ? {} : { name }
  if (role === 'producer') {
    // `policy` is that of quirk 26 of docs/python-0.1.md.
    if (type !== undefined && type !== 'policy' && type !== role)
      throw credentialTypeError(type, 'policy or producer', place)
    return { role, ...label, credential: withImpliedAttributes(producerCredentialOf(table, place), { role, name }) }
  }
  if (role !== 'consumer') {
    const expected = 'consumer or producer'
    throw new IdentityError({ field: `${at}role`, source, expected, found: describeShown(role) })
  }
  if (type === 'ott' && table['nonce'] === undefined) {
    const expected = '64 hex digits in an ott entry'
    const problem = new IdentityError({ field: `${at}nonce`, source, expected, found: 'nothing' })
    return { role, ...label, problem }
  }
  const credential = consumerCredentialOf(table, type ?? 'policy', place)
  return { role, ...label, credential: withImpliedAttributes(credential, { role, name }) }
}

function readTable(value: unknown, { at, source }: TablePlace): Table {
  if (isObject(value) && !isDate(value)) return value
  throw new IdentityError({ field: at.slice(0, -1), source, expected: 'a table', found: describeSecret(value) })
}

function readString(table: Table, key: string, { at, source }: TablePlace): string | undefined {
  const value = table[key]
  if (value === undefined || typeof value === 'string') return value
  throw new IdentityError({ field: at + key, source, expected: 'a string', found: describeSecret(value) })
}
