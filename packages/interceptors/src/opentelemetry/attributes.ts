// Names and values of the OpenTelemetry semantic conventions for RPC, version 1.45.
import type { Attributes } from '@opentelemetry/api'
import { type InterceptedCall, type RpcError, StatusCode } from '@aster/rpc-core'

/** Returns `Service/method`, by the wire names: the name of the span, and the value of `rpc.method`. */
export function fullMethod({ service, method }: InterceptedCall): string {
  return `${service.name}/${method.wireName}`
}

/** Returns the attributes that are known when a call begins. */
export function callAttributes(call: InterceptedCall): Attributes {
  return { 'rpc.system.name': 'aster', 'rpc.method': fullMethod(call) }
}

/** Returns the attributes of the outcome: `rpc.status_code` by name, and `error.type` if the outcome is a failure on this side. */
export function outcomeAttributes(call: InterceptedCall, error: RpcError | undefined): Attributes {
  const code = error?.codeName ?? 'OK'
  return { 'rpc.status_code': code, ...(isFailure(call, error) && { 'error.type': code }) }
}

const SERVER_FAILURES: ReadonlySet<StatusCode> = new Set([
  StatusCode.UNKNOWN,
  StatusCode.DEADLINE_EXCEEDED,
  StatusCode.UNIMPLEMENTED,
  StatusCode.INTERNAL,
  StatusCode.UNAVAILABLE,
  StatusCode.DATA_LOSS,
  StatusCode.CONTRACT_VIOLATION,
])

/** Returns whether an outcome is a failure: for a client every code but `OK`, for a server only codes that the caller did not cause. */
export function isFailure({ side }: InterceptedCall, error: RpcError | undefined): boolean {
  return error !== undefined && (side === 'client' || SERVER_FAILURES.has(error.code))
}
