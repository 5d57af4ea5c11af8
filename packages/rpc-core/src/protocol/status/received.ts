import type { RpcError } from '../../rpc-error.ts'

const receivedKey = Symbol.for('aster.received')

/**
 * Marks the error of a call that this process made, and returns it. Its message is meant for this process: a server does
 * not pass such an error on to its own callers. For layers that send calls.
 */
export function markReceived<E extends RpcError>(error: E): E {
  return receivedKey in error ? error : Object.defineProperty(error, receivedKey, { value: true })
}

/** Returns whether an error is marked by `markReceived`. Never throws. */
export function isReceived(error: unknown): boolean {
  try {
    return typeof error === 'object' && error !== null && receivedKey in error
  } catch {
    // A revoked proxy throws on every access.
    return false
  }
}
