import { type Attributes, formatCredential, generateKeyPair, generateNonce, signCredential } from '@aster/identity'
import type { AdmissionRequest } from '../src/messages.ts'

/** The root key of these tests. */
export const root = generateKeyPair()

/** An expiry in seconds since the epoch. The clock of the gates is at `NOW_MS`. */
export const NOW_S = 1_800_000_000
export const NOW_MS = NOW_S * 1000

interface Wishes {
  readonly type?: 'policy' | 'ott'
  readonly endpointId?: string
  readonly expiresAt?: number | bigint
  readonly attributes?: Attributes
  readonly nonce?: string
  readonly key?: typeof root
}

/** A request with a credential that the root key signed. */
export function requestWith(wishes: Wishes = {}): AdmissionRequest {
  const { type = 'policy', endpointId, expiresAt = NOW_S + 3600, attributes = {}, nonce = generateNonce() } = wishes
  const { secretKey } = wishes.key ?? root
  const shared = { endpointId, expiresAt, attributes }
  const credential =
    type === 'ott'
      ? signCredential({ ...shared, type, nonce }, secretKey)
      : signCredential({ ...shared, type }, secretKey)
  return { credentialJson: formatCredential(credential), iidToken: '' }
}

export const emptyRequest: AdmissionRequest = { credentialJson: '', iidToken: '' }
