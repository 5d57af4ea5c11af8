import type { RpcError } from '../../rpc-error.ts'

const receivedKey = Symbol.for('aster.received')

/**
 * Marks the error of a call that this process made, and returns it: its text is meant for this process, so a server does not
 * pass the error on to a caller of its own. For layers that put calls on the wire.
 */
export function markReceived<E extends RpcError>(error: E): E {
  return receivedKey in error ? error : Object.defineProperty(error, receivedKey, { value: true })
}

/** Whether an error is marked by `markReceived`. Never throws. */
export function isReceived(error: unknown): boolean {
  try {
    return typeof error === 'object' && error !== null && receivedKey in error
  } catch {
    // A revoked proxy answers no question.
    return false
  }
}
