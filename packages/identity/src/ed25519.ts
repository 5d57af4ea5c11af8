import * as portable from '@noble/ed25519'
import { sha512 } from '@noble/hashes/sha2.js'
import { nodeEd25519 } from './node-ed25519.ts'

/** Returns whether 32 bytes decompress to a point of the curve, which iroh requires of every endpoint id. */
export function isPoint(publicKey: Uint8Array): boolean {
  return pointOf(publicKey, 'lenient') !== undefined
}

export function publicKeyOf(secretKey: Uint8Array): Uint8Array {
  return nodeEd25519?.publicKeyOf(secretKey) ?? withHash().getPublicKey(secretKey)
}

export function sign(secretKey: Uint8Array, bytes: Uint8Array): Uint8Array {
  return nodeEd25519?.sign(secretKey, bytes) ?? withHash().sign(bytes, secretKey)
}

/**
 * Verifies a signature by RFC 8032. Weak keys are refused: anybody can sign for a key of small order, which Node 20 accepts.
 */
export function verify(publicKey: Uint8Array, bytes: Uint8Array, signature: Uint8Array): boolean {
  const point = pointOf(publicKey, 'strict')
  if (point === undefined || point.isSmallOrder()) return false
  return (
    nodeEd25519?.verify(publicKey, bytes, signature) ??
    withHash().verify(signature, bytes, publicKey, { zip215: false })
  )
}

function pointOf(bytes: Uint8Array, mode: 'strict' | 'lenient') {
  try {
    return portable.Point.fromBytes(bytes, mode === 'lenient')
  } catch {
    return undefined
  }
}

/** Sets the hash at each use, since other users of the package in this process share the slot. */
function withHash(): typeof portable {
  portable.hashes.sha512 = sha512
  return portable
}
