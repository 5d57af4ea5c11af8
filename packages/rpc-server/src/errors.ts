import { RpcError, StatusCode, TransportError } from '@aster/rpc-core'
import { type AbortSource, isReceived } from '@aster/rpc-core/protocol'
import type { ConnectionContext } from './connection-context.ts'

/** Returns the error of a call that its consumer cancelled. */
export function cancelledByConsumerError(cause?: TransportError): RpcError {
  return peerError(StatusCode.CANCELLED, 'the consumer cancelled the call', cause)
}

/** Returns the error of a frame that the consumer must not send now. */
export function outOfPlaceError(message: string): RpcError {
  return peerError(StatusCode.FAILED_PRECONDITION, message)
}

/** `Error` with the stack limit of V8, which other engines do not have. */
const stacks = Error as { stackTraceLimit?: number | undefined }

/**
 * Returns an error that the consumer caused. The error has no stack: a stack would not show the cause, and takes most of the time
 * that a flood of wrong frames costs.
 */
function peerError(code: StatusCode, message: string, cause?: TransportError): RpcError {
  const { stackTraceLimit } = stacks
  stacks.stackTraceLimit = 0
  try {
    return new RpcError(code, message, { cause })
  } finally {
    stacks.stackTraceLimit = stackTraceLimit
  }
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

/** The parts of a call that `callError` needs: the name and the id for the log, and the scope. */
interface FailedCall {
  readonly name: string
  readonly callId: string
  readonly scope: AbortSource
}

/**
 * Returns the error that the consumer of a failed call receives. An `RpcError` is returned unchanged. Any other exception is
 * logged, and its message is hidden from the consumer unless `exposeErrors` is set. The error of a call that the handler made to
 * another producer counts as any other exception, since its message is meant for the handler.
 */
export function callError(
  error: unknown,
  { name, callId, scope }: FailedCall,
  { options, peer }: ConnectionContext,
): RpcError {
  // The reason of the abort is marked as received if the handler passed its signal to another call, but belongs to this call.
  if (error instanceof RpcError && (error === scope.reason || !isReceived(error))) return error
  options.logger?.error({ err: error, call: name, callId, peer: peer.id }, 'a handler failed')
  // The thrown value may not be convertible to a string; `from` handles that.
  const { message } = RpcError.from(error)
  const shown = options.exposeErrors === true ? message : `the handler failed (call ${callId})`
  return new RpcError(StatusCode.UNKNOWN, shown, { cause: error })
}
