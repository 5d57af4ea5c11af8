import { type InterceptedCall, RpcError, StatusCode } from '@aster/rpc-core'

/** Returns `Service.method`, by the wire names. */
export function callName({ service, method }: InterceptedCall): string {
  return `${service.name}.${method.wireName}`
}

/** Returns whether the call has a stream of responses. */
export function hasResponseStream({ method }: InterceptedCall): boolean {
  return method.kind === 'serverStream' || method.kind === 'bidiStream'
}

/** Returns whether the call has a stream of requests. */
export function hasRequestStream({ method }: InterceptedCall): boolean {
  return method.kind === 'clientStream' || method.kind === 'bidiStream'
}

/** Returns an error as the caller sees it: on a server an exception that is no `RpcError` becomes `UNKNOWN`. */
export function callError(call: InterceptedCall, error: unknown): RpcError {
  if (error instanceof RpcError || call.side === 'client') return RpcError.from(error)
  return new RpcError(StatusCode.UNKNOWN, RpcError.from(error).message, { cause: error })
}

/** @throws RpcError `FAILED_PRECONDITION` if an interceptor runs on the side that it is not made for */
export function expectSide(call: InterceptedCall, side: InterceptedCall['side'], name: string): void {
  if (call.side === side) return
  throw new RpcError(
    StatusCode.FAILED_PRECONDITION,
    `${name}: this interceptor is for a ${side}, and was given to a ${call.side}`,
  )
}
