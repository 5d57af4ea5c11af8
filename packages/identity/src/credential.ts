import type { Attributes } from './canonical-attributes.ts'
import { describeSecret } from '@aster/rpc-core/schema'
import { hexOfBytes } from './hex.ts'
import { IdentityError, type SourceOptions } from './identity-error.ts'

interface SignedByRoot {
  /** The root key that signed: 64 lower-case hex digits. */
  readonly rootPubkey: string
  /** Seconds since the epoch, 1 to 2^64 − 1; a bigint above 2^53 − 1. */
  readonly expiresAt: number | bigint
  readonly attributes: Attributes
  /** 128 lower-case hex digits. */
  readonly signature: string
}

/** Admits a consumer until it expires. */
export interface PolicyCredential extends SignedByRoot {
  readonly type: 'policy'
  /** The only endpoint that may present it, as 64 hex digits; without it any may. Signed as text, so case counts. */
  readonly endpointId?: string | undefined
}

/** Admits a consumer once. */
export interface OttCredential extends SignedByRoot {
  readonly type: 'ott'
  /** As in `PolicyCredential`. */
  readonly endpointId?: string | undefined
  /** 64 lower-case hex digits. */
  readonly nonce: string
}

/** Admits a producer to the mesh of its root key. */
export interface ProducerCredential extends SignedByRoot {
  readonly type: 'producer'
  readonly endpointId: string
}

export type ConsumerCredential = PolicyCredential | OttCredential
export type Credential = ConsumerCredential | ProducerCredential

type Unsigned<C> = C extends Credential ? Omit<C, 'signature' | 'rootPubkey'> & { readonly rootPubkey?: string } : never

/** A credential before it is signed. `rootPubkey` may be left out: it is that of the signing key. */
export type UnsignedCredential = Unsigned<Credential>

const MAX_SECONDS = 2n ** 64n - 1n

/** Takes whole seconds from 1 to 2^64 − 1; gives a bigint only where a number is not exact. */
export function checkExpiry(value: unknown, field: string, { source }: SourceOptions = {}): number | bigint {
  if ((typeof value === 'number' && Number.isSafeInteger(value)) || typeof value === 'bigint') {
    if (value >= 1 && value <= MAX_SECONDS) return value <= Number.MAX_SAFE_INTEGER ? Number(value) : value
  }
  const found = typeof value === 'number' || typeof value === 'bigint' ? String(value) : describeSecret(value)
  throw new IdentityError({ field, source, expected: 'whole seconds from 1 to 2^64 - 1', found })
}

/** Takes 64 hex digits as they stand. */
export function checkBoundId(value: unknown, field: string, { source }: SourceOptions = {}): string {
  if (typeof value === 'string' && /^[0-9a-f]{64}$/i.test(value)) return value
  throw new IdentityError({ field, source, expected: '64 hex digits', found: describeSecret(value) })
}

/** A nonce for an `OttCredential` from the system's random source: 64 lower-case hex digits. */
export function generateNonce(): string {
  return hexOfBytes(crypto.getRandomValues(new Uint8Array(32)))
}
