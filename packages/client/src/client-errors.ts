import { RpcError, StatusCode } from '@aster/rpc-core'
import { markReceived } from '@aster/rpc-core/protocol'

/** Returns the error of a call on a closed client. */
export function closedError(): RpcError {
  return markReceived(new RpcError(StatusCode.UNAVAILABLE, 'the client is closed'))
}

/** Marks an error as that of a call. If a handler rethrows it, its message, which names endpoints, is not sent on. */
export function markOwn(error: unknown): void {
  if (error instanceof RpcError) markReceived(error)
}
