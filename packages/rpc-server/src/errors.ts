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

/** V8's setting; other engines have none. */
const stacks = Error as { stackTraceLimit?: number | undefined }

/**
 * Returns an error of the consumer's making. Its stack is left out: it would tell nothing of the cause, and takes most of the time
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

/** The part of a call that `callError` needs: its name and id for the log, and its scope. */
interface FailedCall {
  readonly name: string
  readonly callId: string
  readonly scope: AbortSource
}

/**
 * Returns the error that the consumer of a failed call receives. An `RpcError` is returned as it is; any other exception
 * is logged, and hidden from the consumer unless the option `exposeErrors` is set. The error of a call that the handler
 * made counts as any other exception: its text is meant for this process.
 */
export function callError(
  error: unknown,
  { name, callId, scope }: FailedCall,
  { options, peer }: ConnectionContext,
): RpcError {
  // A handler may pass its signal on to a call of its own, so that the reason of the abort is marked as received as well.
  if (error instanceof RpcError && (error === scope.reason || !isReceived(error))) return error
  options.logger?.error({ err: error, call: name, callId, peer: peer.id }, 'a handler failed')
  // Even a value that cannot be made a string can be thrown; `from` copes with it.
  const { message } = RpcError.from(error)
  const shown = options.exposeErrors === true ? message : `the handler failed (call ${callId})`
  return new RpcError(StatusCode.UNKNOWN, shown, { cause: error })
}
