import { checkAttributes } from './canonical-attributes.ts'
import {
  checkBoundId,
  checkExpiry,
  type ConsumerCredential,
  type Credential,
  type ProducerCredential,
} from './credential.ts'
import { parseHex } from './hex.ts'
import { IdentityError, kindOf, lengthOf, quoted, type SourceOptions } from './identity-error.ts'
import { refuseUnknownKeys } from './nearest.ts'

export interface ParseCredentialOptions extends SourceOptions {
  /** A credential that came over the wire: there the type is under `credential_type` alone, and unknown keys are ignored. */
  readonly wire?: boolean | undefined
}

const KEYS = ['root_pubkey', 'expires_at', 'attributes', 'endpoint_id', 'nonce', 'signature']

/** Reads a credential as JSON. Throws `IdentityError`, which names the field. It does not look at the signature. */
export function parseCredential(json: string, { source, wire = false }: ParseCredentialOptions = {}): Credential {
  const table = parseTable(json, { source })
  if (!wire) refuseUnknownKeys(table, ['type', 'credential_type', ...KEYS], '', { source })
  const type = table['credential_type'] ?? (wire ? undefined : table['type'])
  const exact = { ...table, expires_at: exactInteger(json, 'expires_at', table['expires_at']) }
  const place = { source, at: '' }
  if (type === 'policy' || type === 'ott') return consumerCredentialOf(exact, type, place)
  if (type === 'producer') return producerCredentialOf(exact, place)
  throw unexpectedType(type, 'policy, ott or producer', place)
}

type Table = Readonly<Record<string, unknown>>

/** `at` stands before the names of fields in errors. */
type Place = SourceOptions & { readonly at: string }

export function consumerCredentialOf(table: Table, type: unknown, place: Place): ConsumerCredential {
  const base = { ...signedParts(table, place), ...boundTo(table, place) }
  if (type === 'ott') return { type, ...base, nonce: hexAt(table, 'nonce', 32, place) }
  if (type !== 'policy') throw unexpectedType(type, 'policy or ott', place)
  refuseNonce(table, type, place)
  return { type, ...base }
}

export function producerCredentialOf(table: Table, place: Place): ProducerCredential {
  refuseNonce(table, 'producer', place)
  const { endpointId = checkBoundId(undefined, `${place.at}endpoint_id`, place) } = boundTo(table, place)
  return { type: 'producer', ...signedParts(table, place), endpointId }
}

export function unexpectedType(type: unknown, expected: string, { source, at }: Place): IdentityError {
  const found = typeof type === 'string' ? quoted(type) : kindOf(type)
  return new IdentityError({ field: `${at}type`, source, expected, found })
}

function signedParts(table: Table, place: Place) {
  return {
    rootPubkey: hexAt(table, 'root_pubkey', 32, place),
    expiresAt: checkExpiry(table['expires_at'], `${place.at}expires_at`, place),
    attributes: checkAttributes(table['attributes'] ?? {}, `${place.at}attributes`, place),
    signature: hexAt(table, 'signature', 64, place),
  }
}

function hexAt(table: Table, key: string, bytes: number, place: Place): string {
  return parseHex(table[key], bytes, place.at + key, place)
}

function boundTo(table: Table, place: Place): { endpointId?: string } {
  const id = table['endpoint_id'] ?? undefined
  return id === undefined ? {} : { endpointId: checkBoundId(id, `${place.at}endpoint_id`, place) }
}

function refuseNonce(table: Table, type: string, { source, at }: Place): void {
  if ((table['nonce'] ?? undefined) === undefined) return
  throw new IdentityError({ field: `${at}nonce`, source, expected: `none in a ${type} credential`, found: 'one' })
}

function parseTable(json: string, { source }: SourceOptions): Record<string, unknown> {
  let value: unknown
  try {
    value = JSON.parse(json)
  } catch {
    // The message of the SyntaxError would repeat a part of the credential.
    throw new IdentityError({
      field: 'credential',
      source,
      expected: 'a JSON object',
      found: `${lengthOf(json)} that is no JSON`,
    })
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value }
  throw new IdentityError({ field: 'credential', source, expected: 'a JSON object', found: kindOf(value) })
}

/** `JSON.parse` rounds above 2^53: such a number is read again, from a copy of the text with all numbers as texts. */
function exactInteger(json: string, key: string, value: unknown): unknown {
  if (typeof value !== 'number' || Number.isSafeInteger(value)) return value
  const quotedNumbers = json.replace(/"(?:[^"\\]+|\\.)*"|-?\d[\d.eE+-]*/g, (token) =>
    token.startsWith('"') ? token : `"${token}"`,
  )
  const digits: unknown = parseTable(quotedNumbers, {})[key]
  return typeof digits === 'string' && /^\d{1,20}$/.test(digits) ? BigInt(digits) : value
}
