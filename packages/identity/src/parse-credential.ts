import { describeLength, describeSecret, describeShown, isObject } from '@aster/rpc-core/schema'
import { checkAttributes } from './canonical-attributes.ts'
import {
  checkBoundId,
  checkExpiry,
  type ConsumerCredential,
  type Credential,
  type ProducerCredential,
} from './credential.ts'
import { parseHex } from './hex.ts'
import { IdentityError, type SourceOptions } from './identity-error.ts'
import { assertKnownKeys, type Table, type TablePlace } from './known-keys.ts'

/** Options of `parseCredential`. */
export interface ParseCredentialOptions extends SourceOptions {
  /**
   * Whether the credential came from a peer. Its type is then under `credential_type` alone, and unknown keys are ignored.
   *
   * @default false
   */
  readonly wire?: boolean | undefined
}

const KEYS = ['root_pubkey', 'expires_at', 'attributes', 'endpoint_id', 'nonce', 'signature']

/**
 * Parses a credential in JSON. The signature is not verified.
 *
 * @throws IdentityError with the field that is ill-formed
 */
export function parseCredential(json: string, { source, wire = false }: ParseCredentialOptions = {}): Credential {
  const table = parseTable(json, { source })
  const place = { source, at: '' }
  if (!wire) assertKnownKeys(table, ['type', 'credential_type', ...KEYS], place)
  const type = table['credential_type'] ?? (wire ? undefined : table['type'])
  const exact = { ...table, expires_at: exactInteger(json, 'expires_at', table['expires_at']) }
  if (type === 'policy' || type === 'ott') return consumerCredentialOf(exact, type, place)
  if (type === 'producer') return producerCredentialOf(exact, place)
  throw credentialTypeError(type, 'policy, ott or producer', place)
}

export function consumerCredentialOf(table: Table, type: unknown, place: TablePlace): ConsumerCredential {
  const base = { ...signedParts(table, place), ...boundTo(table, place) }
  if (type === 'ott') return { type, ...base, nonce: parseHexKey(table, { key: 'nonce', bytes: 32, ...place }) }
  if (type !== 'policy') throw credentialTypeError(type, 'policy or ott', place)
  assertNoNonce(table, type, place)
  return { type, ...base }
}

export function producerCredentialOf(table: Table, place: TablePlace): ProducerCredential {
  assertNoNonce(table, 'producer', place)
  const { endpointId = checkBoundId(undefined, `${place.at}endpoint_id`, place) } = boundTo(table, place)
  return { type: 'producer', ...signedParts(table, place), endpointId }
}

export function credentialTypeError(type: unknown, expected: string, { source, at }: TablePlace): IdentityError {
  const found = typeof type === 'string' ? describeShown(type) : describeSecret(type)
  return new IdentityError({ field: `${at}type`, source, expected, found })
}

function signedParts(table: Table, place: TablePlace) {
  return {
    rootPubkey: parseHexKey(table, { key: 'root_pubkey', bytes: 32, ...place }),
    expiresAt: checkExpiry(table['expires_at'], `${place.at}expires_at`, place),
    attributes: checkAttributes(table['attributes'] ?? {}, `${place.at}attributes`, place),
    signature: parseHexKey(table, { key: 'signature', bytes: 64, ...place }),
  }
}

function parseHexKey(table: Table, { key, bytes, at, source }: TablePlace & { key: string; bytes: number }): string {
  return parseHex(table[key], { field: at + key, bytes, source })
}

function boundTo(table: Table, place: TablePlace): { endpointId?: string } {
  const id = table['endpoint_id'] ?? undefined
  return id === undefined ? {} : { endpointId: checkBoundId(id, `${place.at}endpoint_id`, place) }
}

function assertNoNonce(table: Table, type: string, { source, at }: TablePlace): void {
  if ((table['nonce'] ?? undefined) === undefined) return
  throw new IdentityError({ field: `${at}nonce`, source, expected: `none in a ${type} credential`, found: 'one' })
}

function parseTable(json: string, { source }: SourceOptions): Table {
  const place = { field: 'credential', source, expected: 'a JSON object' }
  let value: unknown
  try {
    value = JSON.parse(json)
  } catch {
    // The message of the SyntaxError would quote a part of the credential.
    throw new IdentityError({ ...place, found: `${describeLength(json)} that is not JSON` })
  }
  if (isObject(value)) return value
  throw new IdentityError({ ...place, found: describeSecret(value) })
}

/**
 * Returns an exact integer. `JSON.parse` rounds above 2^53, so such a number is read again from a copy in which all numbers
 * are strings.
 */
function exactInteger(json: string, key: string, value: unknown): unknown {
  if (typeof value !== 'number' || Number.isSafeInteger(value)) return value
  const quotedNumbers = json.replace(/"(?:[^"\\]+|\\.)*"|-?\d[\d.eE+-]*/g, (token) =>
    token.startsWith('"') ? token : `"${token}"`,
  )
  const digits: unknown = parseTable(quotedNumbers, {})[key]
  return typeof digits === 'string' && /^\d{1,20}$/.test(digits) ? BigInt(digits) : value
}
