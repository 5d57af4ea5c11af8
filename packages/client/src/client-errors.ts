import { RpcError, StatusCode } from '@aster/rpc-core'
import { markReceived } from '@aster/rpc-core/protocol'

/** Returns the error of what is asked of a client that is closed. */
export function closedError(): RpcError {
  return markReceived(new RpcError(StatusCode.UNAVAILABLE, 'the client is closed'))
}

/** Marks an error as that of a call, which names endpoints: a handler that lets it escape does not pass its text on. */
export function markOwn(error: unknown): void {
  if (error instanceof RpcError) markReceived(error)
}
