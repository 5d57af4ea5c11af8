import { canonicalAttributes } from './canonical-attributes.ts'
import { checkBoundId, checkExpiry, type Credential } from './credential.ts'
import { bytesOfHex, parseHex } from './hex.ts'

type Signed = Credential extends infer C ? (C extends Credential ? Omit<C, 'signature'> : never) : never

/**
 * Returns the bytes of a credential that the root key signs.
 *
 * @throws IdentityError if a part is ill-formed
 */
export function signingBytes(credential: Signed): Uint8Array {
  const { type, rootPubkey, expiresAt, attributes } = credential
  const rest = [
    bytesOfHex(parseHex(rootPubkey, { field: 'root_pubkey', bytes: 32 })),
    u64(checkExpiry(expiresAt, 'expires_at')),
    utf8(canonicalAttributes(attributes)),
  ]
  if (type === 'producer') return concat([utf8(checkBoundId(credential.endpointId, 'endpoint_id')), ...rest])
  return concat([
    Uint8Array.of(type === 'policy' ? 0 : 1),
    ...optional(
      credential.endpointId === undefined ? undefined : utf8(checkBoundId(credential.endpointId, 'endpoint_id')),
    ),
    ...rest,
    ...optional(type === 'ott' ? bytesOfHex(parseHex(credential.nonce, { field: 'nonce', bytes: 32 })) : undefined),
  ])
}

const optional = (bytes: Uint8Array | undefined): Uint8Array[] =>
  bytes ? [Uint8Array.of(1), bytes] : [Uint8Array.of(0)]

function concat(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((length, part) => length + part.length, 0))
  let at = 0
  for (const part of parts) {
    bytes.set(part, at)
    at += part.length
  }
  return bytes
}

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text)

function u64(value: number | bigint): Uint8Array {
  const bytes = new Uint8Array(8)
  new DataView(bytes.buffer).setBigUint64(0, BigInt(value))
  return bytes
}
