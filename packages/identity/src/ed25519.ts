import { ed25519 } from '@noble/curves/ed25519.js'
import { nodeEd25519 } from './node-ed25519.ts'

/** Returns whether 32 bytes decompress to a point of the curve, which iroh requires of every endpoint id. */
export function isPoint(publicKey: Uint8Array): boolean {
  return pointOf(publicKey, 'lenient') !== undefined
}

export function publicKeyOf(secretKey: Uint8Array): Uint8Array {
  return ed25519.getPublicKey(secretKey)
}

export function sign(secretKey: Uint8Array, bytes: Uint8Array): Uint8Array {
  return nodeEd25519?.sign(secretKey, publicKeyOf(secretKey), bytes) ?? ed25519.sign(bytes, secretKey)
}

/**
 * Verifies a signature by RFC 8032. Weak keys are refused: anybody can sign for a key of small order, which Node 20 accepts.
 */
export function verify(publicKey: Uint8Array, bytes: Uint8Array, signature: Uint8Array): boolean {
  const point = pointOf(publicKey, 'strict')
  if (point === undefined || point.isSmallOrder()) return false
  return (
    nodeEd25519?.verify(publicKey, bytes, signature) ?? ed25519.verify(signature, bytes, publicKey, { zip215: false })
  )
}

function pointOf(bytes: Uint8Array, mode: 'strict' | 'lenient') {
  try {
    return ed25519.Point.fromBytes(bytes, mode === 'lenient')
  } catch {
    return undefined
  }
}
