import { type InterceptedCall, RpcError, StatusCode } from '@aster/rpc-core'

/** `Service.method`, by the wire names. */
export function callName({ service, method }: InterceptedCall): string {
  return `${service.name}.${method.wireName}`
}

/** Whether the call has any number of responses. */
export function hasResponseStream({ method }: InterceptedCall): boolean {
  return method.kind === 'serverStream' || method.kind === 'bidiStream'
}

/** Whether the call has any number of requests. */
export function hasRequestStream({ method }: InterceptedCall): boolean {
  return method.kind === 'clientStream' || method.kind === 'bidiStream'
}

/** An error as the caller sees it: a producer tells of unknown exceptions as `UNKNOWN`, whatever they are. */
export function callError(call: InterceptedCall, error: unknown): RpcError {
  if (error instanceof RpcError || call.side === 'client') return RpcError.from(error)
  return new RpcError(StatusCode.UNKNOWN, RpcError.from(error).message, { cause: error })
}

/** Throws for an interceptor on the wrong side, where it would do harm or nothing. */
export function expectSide(call: InterceptedCall, side: InterceptedCall['side'], name: string): void {
  if (call.side === side) return
  throw new RpcError(
    StatusCode.FAILED_PRECONDITION,
    `${name}: this interceptor is for a ${side}, and was given to a ${call.side}`,
  )
}
