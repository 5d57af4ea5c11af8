import { parse, TomlError } from 'smol-toml'
import type { Identity, NodeIdentity, Peer, UnusablePeer } from './identity.ts'
import { IdentityError, kindOf, quoted, type SourceOptions } from './identity-error.ts'
import { withImpliedAttributes } from './implied-attributes.ts'
import { nearest, refuseUnknownKeys } from './nearest.ts'
import { consumerCredentialOf, producerCredentialOf, unexpectedType } from './parse-credential.ts'
import { parseSecretKey } from './secret-key.ts'

const NODE_KEYS = ['secret_key', 'endpoint_id']
const CREDENTIAL_KEYS = ['type', 'root_pubkey', 'endpoint_id', 'expires_at', 'nonce', 'signature', 'attributes']
const PEER_KEYS = ['name', 'role', ...CREDENTIAL_KEYS]

/**
 * Reads an identity file (`.aster-identity`). Throws `IdentityError` for what is ill-formed and for unknown keys; outside
 * the tables only for those that look like a mistake. Attributes that were signed and left out are put back.
 */
export function parseIdentityFile(text: string, options: SourceOptions = {}): Identity {
  const table = parseToml(text, options)
  refuseMistakenKeys(table, options)
  const node = table['node'] === undefined ? undefined : readNode(table['node'], options)
  const peers = table['peers'] ?? []
  if (!Array.isArray(peers)) throw unexpected('peers', 'a list of tables', kindOf(peers), options)
  return {
    ...(node && { node }),
    peers: peers.map((peer: unknown, index) => readPeer(peer, `peers[${index}].`, options)),
    ...(options.source !== undefined && { source: options.source }),
  }
}

function parseToml(text: string, options: SourceOptions): Readonly<Record<string, unknown>> {
  try {
    return parse(text, { integersAsBigInt: 'asNeeded' })
  } catch (error) {
    // The message of the TomlError would repeat a line of the file, perhaps the one with the key.
    const found = error instanceof TomlError ? `an error in line ${error.line}` : 'a text that is none'
    throw unexpected('identity_file', 'TOML', found, options)
  }
}

/** A title or a comment of the owner's does no harm; `peer` for `peers`, or a key above its table, would. */
function refuseMistakenKeys(table: object, options: SourceOptions): void {
  for (const key of Object.keys(table)) {
    if (key === 'node' || key === 'peers') continue
    const inTable = [...NODE_KEYS, ...CREDENTIAL_KEYS].includes(key)
    const meant = inTable ? `${key} inside of [node] or [[peers]]` : nearest(key, ['node', 'peers'])
    if (meant !== undefined) throw unexpected(key, meant, `the unknown key ${quoted(key)}`, options)
  }
}

function readNode(value: unknown, options: SourceOptions): NodeIdentity {
  const table = tableOf(value, 'node', options)
  refuseUnknownKeys(table, NODE_KEYS, 'node.', options)
  const secret = textOf(table, 'secret_key', 'node.', options)
  if (secret === undefined) throw unexpected('node.secret_key', 'base64 of 32 bytes', 'nothing', options)
  const secretKey = parseSecretKey(secret, { ...options, field: 'node.secret_key' })
  const written = textOf(table, 'endpoint_id', 'node.', options)
  const endpointId = secretKey.publicKey
  if (written !== undefined && written.toLowerCase() !== endpointId) {
    throw unexpected('node.endpoint_id', `${endpointId}, which belongs to secret_key`, quoted(written), options)
  }
  return { secretKey, endpointId }
}

function readPeer(value: unknown, at: string, options: SourceOptions): Peer | UnusablePeer {
  const table = tableOf(value, at.slice(0, -1), options)
  refuseUnknownKeys(table, PEER_KEYS, at, options)
  const name = textOf(table, 'name', at, options)
  const role = textOf(table, 'role', at, options)
  const type = textOf(table, 'type', at, options)
  const label = name === undefined ? {} : { name }
  const place = { ...options, at }
  if (role === 'producer') {
    // `aster enroll node` writes `policy` into every entry.
    if (type !== undefined && type !== 'policy' && type !== role)
      throw unexpectedType(type, 'policy or producer', place)
    return { role, ...label, credential: withImpliedAttributes(producerCredentialOf(table, place), { role, name }) }
  }
  if (role !== 'consumer') {
    throw unexpected(`${at}role`, 'consumer or producer', role === undefined ? 'nothing' : quoted(role), options)
  }
  if (type === 'ott' && table['nonce'] === undefined) {
    return { role, ...label, problem: unexpected(`${at}nonce`, '64 hex digits in an ott entry', 'nothing', options) }
  }
  const credential = consumerCredentialOf(table, type ?? 'policy', place)
  return { role, ...label, credential: withImpliedAttributes(credential, { role, name }) }
}

function tableOf(value: unknown, field: string, options: SourceOptions): Readonly<Record<string, unknown>> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date))
    return { ...value }
  throw unexpected(field, 'a table', kindOf(value), options)
}

function textOf(table: Readonly<Record<string, unknown>>, key: string, at: string, options: SourceOptions) {
  const value = table[key]
  if (value === undefined || typeof value === 'string') return value
  throw unexpected(`${at}${key}`, 'a text', kindOf(value), options)
}

function unexpected(field: string, expected: string, found: string, { source }: SourceOptions): IdentityError {
  return new IdentityError({ field, source, expected, found })
}
