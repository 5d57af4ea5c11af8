import type { Attributes } from './canonical-attributes.ts'
import { describeSecret } from '@aster/rpc-core/schema'
import { hexOfBytes } from './hex.ts'
import { IdentityError, type SourceOptions } from './identity-error.ts'

interface SignedByRoot {
  /** The root key that signed the credential: 64 lower-case hex digits. */
  readonly rootPubkey: string
  /** The expiry in seconds since the epoch, 1 to 2^64 − 1. A bigint above 2^53 − 1. */
  readonly expiresAt: number | bigint
  /** The signed attributes. */
  readonly attributes: Attributes
  /** The signature: 128 lower-case hex digits. */
  readonly signature: string
}

/** A credential that admits a consumer until it expires. */
export interface PolicyCredential extends SignedByRoot {
  /** The type of the credential. */
  readonly type: 'policy'
  /**
   * The only endpoint that may present the credential: 64 hex digits, whose case is signed as well. If absent, any endpoint
   * may.
   */
  readonly endpointId?: string | undefined
}

/** A credential that admits a consumer once. */
export interface OttCredential extends SignedByRoot {
  /** The type of the credential. */
  readonly type: 'ott'
  /** The only endpoint that may present the credential, as in `PolicyCredential`. */
  readonly endpointId?: string | undefined
  /** The one-time value: 64 lower-case hex digits. */
  readonly nonce: string
}

/** A credential that admits a producer to the mesh of its root key. */
export interface ProducerCredential extends SignedByRoot {
  /** The type of the credential. */
  readonly type: 'producer'
  /** The endpoint of the producer: 64 hex digits. */
  readonly endpointId: string
}

/** A credential that a consumer presents to a producer. */
export type ConsumerCredential = PolicyCredential | OttCredential
/** A credential, signed by a root key. */
export type Credential = ConsumerCredential | ProducerCredential

type Unsigned<C> = C extends Credential ? Omit<C, 'signature' | 'rootPubkey'> & { readonly rootPubkey?: string } : never

/** A credential before it is signed. If `rootPubkey` is absent, it is the public key of the signing key. */
export type UnsignedCredential = Unsigned<Credential>

const MAX_SECONDS = 2n ** 64n - 1n

/**
 * Returns an expiry. It is a bigint only if a number would not be exact.
 *
 * @throws IdentityError if `value` is not a whole number of seconds from 1 to 2^64 − 1
 */
export function checkExpiry(value: unknown, field: string, { source }: SourceOptions = {}): number | bigint {
  if ((typeof value === 'number' && Number.isSafeInteger(value)) || typeof value === 'bigint') {
    if (value >= 1 && value <= MAX_SECONDS) return value <= Number.MAX_SAFE_INTEGER ? Number(value) : value
  }
  const found = typeof value === 'number' || typeof value === 'bigint' ? String(value) : describeSecret(value)
  throw new IdentityError({ field, source, expected: 'whole seconds from 1 to 2^64 - 1', found })
}

/**
 * Returns the id of an endpoint unchanged.
 *
 * @throws IdentityError if `value` is not 64 hex digits
 */
export function checkBoundId(value: unknown, field: string, { source }: SourceOptions = {}): string {
  if (typeof value === 'string' && /^[0-9a-f]{64}$/i.test(value)) return value
  throw new IdentityError({ field, source, expected: '64 hex digits', found: describeSecret(value) })
}

/** Returns a nonce for an `OttCredential` from the random source of the system: 64 lower-case hex digits. */
export function generateNonce(): string {
  return hexOfBytes(crypto.getRandomValues(new Uint8Array(32)))
}
