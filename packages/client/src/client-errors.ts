import { RpcError, StatusCode } from '@aster/rpc-core'
import { markReceived } from '@aster/rpc-core/protocol'

/** Returns the error of a call on a closed client. */
export function closedError(): RpcError {
  return markReceived(new RpcError(StatusCode.UNAVAILABLE, 'the client is closed'))
}

/** Marks an error as that of a call, so that a handler that rethrows the error does not send its message, which names endpoints. */
export function markOwn(error: unknown): void {
  if (error instanceof RpcError) markReceived(error)
}
