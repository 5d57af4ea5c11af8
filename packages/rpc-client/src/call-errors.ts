import { type InterceptedCall, markUnsent, RpcError, StatusCode } from '@aster/rpc-core'
import { cancelledError, toRpcError } from '@aster/rpc-core/protocol'

/** Returns the name of the called method, as it is on the wire. */
export function methodName({ service, method }: InterceptedCall): string {
  return `${service.name}.${method.wireName}`
}

/** Returns the error of a call that nothing was sent of, because `error` came before. */
export function unsentError(error: unknown, signal: AbortSignal): RpcError {
  return signal.aborted ? cancelledError(signal) : markUnsent(toRpcError(error))
}

/** Returns the error of a call whose stream ended before its trailer. */
export function noTrailerError(): RpcError {
  return new RpcError(StatusCode.UNAVAILABLE, 'the stream ended without a trailer: the producer gave up on the call')
}

/** Returns the error of a call that ended with `OK` before its only response. */
export function noResponseError(call: InterceptedCall): RpcError {
  return new RpcError(StatusCode.INTERNAL, `${methodName(call)}: the producer answered OK without a response`)
}

/** Returns the error of a call with a second response where one is all there can be. */
export function secondResponseError(call: InterceptedCall): RpcError {
  return new RpcError(StatusCode.INTERNAL, `${methodName(call)}: the producer sent more than one response`)
}

/** Returns the error of a call whose caller does not want the rest of the responses. */
export function leftError(): RpcError {
  return new RpcError(StatusCode.CANCELLED, 'the caller left the responses before their end')
}

/** Returns the error of a request that is sent after the call has ended with `OK`. */
export function sendAfterEndError(): RpcError {
  return new RpcError(StatusCode.FAILED_PRECONDITION, 'send after the end of the call')
}
