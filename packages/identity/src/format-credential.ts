import type { ConsumerCredential, Credential } from './credential.ts'
import { parseHex } from './hex.ts'
import { signingBytes } from './signing-bytes.ts'

/**
 * Returns the JSON that a consumer sends as its credential.
 *
 * @throws IdentityError if a part is ill-formed
 */
export function formatCredential(credential: ConsumerCredential): string {
  const { type, ...rest } = fieldsOf(credential)
  return jsonOf({ credential_type: type, ...rest }, ',', ':')
}

/**
 * Returns the content of a credential file: JSON in several lines.
 *
 * @throws IdentityError if a part is ill-formed
 */
export function formatCredentialFile(credential: Credential): string {
  return jsonOf(fieldsOf(credential), ',\n  ', ': ').replace(/^\{/, '{\n  ').replace(/\}$/, '\n}\n')
}

function fieldsOf(credential: Credential) {
  signingBytes(credential)
  parseHex(credential.signature, { field: 'signature', bytes: 64 })
  const { type, rootPubkey, expiresAt, attributes, endpointId = null, signature } = credential
  const fields = { type, root_pubkey: rootPubkey, expires_at: expiresAt, attributes, endpoint_id: endpointId }
  if (type === 'producer') return { ...fields, signature }
  return { ...fields, nonce: type === 'ott' ? credential.nonce : null, signature }
}

/** Returns JSON. Unlike `JSON.stringify` it accepts a bigint. */
function jsonOf(fields: object, separator: string, colon: string): string {
  const members = Object.entries(fields).map(([key, value]: [string, unknown]) => {
    return `"${key}"${colon}${typeof value === 'bigint' ? String(value) : JSON.stringify(value)}`
  })
  return `{${members.join(separator)}}`
}
