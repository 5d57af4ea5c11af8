import { RpcError, StatusCode, TransportError } from '@aster/rpc-core'
import type { ConnectionContext } from './connection-context.ts'

/** Returns the error of a call that its consumer cancelled. */
export function cancelledByConsumerError(cause?: TransportError): RpcError {
  return new RpcError(StatusCode.CANCELLED, 'the consumer cancelled the call', { cause })
}

/** Returns the error of a call whose consumer can no longer be reached. */
export function connectionGoneError(cause?: TransportError): RpcError {
  return new RpcError(StatusCode.CANCELLED, 'the connection to the consumer is gone', { cause })
}

/** Returns the failure of a stream as the reason for a handler's signal to abort. */
export function streamError(error: unknown): RpcError {
  if (!(error instanceof TransportError)) return RpcError.from(error)
  const isCancel = error.kind === 'reset' || error.kind === 'stopped'
  return isCancel ? cancelledByConsumerError(error) : connectionGoneError(error)
}

/**
 * Returns the error that the consumer of a failed call receives. An `RpcError` is returned as it is; any other exception
 * is logged, and hidden from the consumer unless the option `exposeErrors` is set.
 */
export function callError(
  error: unknown,
  { name, callId }: { readonly name: string; readonly callId: string },
  { options, peer }: ConnectionContext,
): RpcError {
  if (error instanceof RpcError) return error
  options.logger?.error({ err: error, call: name, callId, peer: peer.id }, 'a handler failed')
  // Even a value that cannot be made a string can be thrown; `from` copes with it.
  const { message } = RpcError.from(error)
  const shown = options.exposeErrors === true ? message : `the handler failed (call ${callId})`
  return new RpcError(StatusCode.UNKNOWN, shown, { cause: error })
}
