import type { Credential, UnsignedCredential } from './credential.ts'
import { sign, verify } from './ed25519.ts'
import { bytesOfHex, hexOfBytes, parseHex } from './hex.ts'
import { IdentityError } from './identity-error.ts'
import type { SecretKey } from './secret-key.ts'
import { signingBytes } from './signing-bytes.ts'

/**
 * Returns a credential with the signature of a root key.
 *
 * @throws IdentityError if a part is ill-formed, or if `rootPubkey` belongs to another key
 */
export function signCredential<U extends UnsignedCredential>(
  unsigned: U,
  rootSecretKey: SecretKey,
): U & { readonly rootPubkey: string; readonly signature: string } {
  const rootPubkey = rootSecretKey.publicKey
  if (unsigned.rootPubkey !== undefined && unsigned.rootPubkey !== rootPubkey) {
    const expected = `the signing key's own ${rootPubkey}`
    throw new IdentityError({ field: 'root_pubkey', expected, found: 'that of another key' })
  }
  const bytes = signingBytes({ ...unsigned, rootPubkey })
  return { ...unsigned, rootPubkey, signature: hexOfBytes(sign(rootSecretKey.reveal(), bytes)) }
}

/**
 * Returns whether a credential is signed by its root key. Returns false if it is ill-formed or if the root key is weak. Never
 * throws.
 */
export function verifyCredential(credential: Credential): boolean {
  try {
    const signature = bytesOfHex(parseHex(credential.signature, { field: 'signature', bytes: 64 }))
    const rootPubkey = bytesOfHex(parseHex(credential.rootPubkey, { field: 'root_pubkey', bytes: 32 }))
    return verify(rootPubkey, signingBytes(credential), signature)
  } catch (error) {
    if (error instanceof IdentityError) return false
    throw error
  }
}
