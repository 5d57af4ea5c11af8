import type { MethodDefinition, ServiceDefinition } from '@aster/rpc-core'
import type { CallHeader } from '@aster/rpc-core/protocol'
import { callIdOrNew, metadataOf } from './header-limits.ts'
import { findMethod, type RegisteredService } from './registry.ts'

/** A call as its header describes it, with the method that the header names. */
export interface ResolvedCall {
  readonly service: ServiceDefinition
  readonly method: MethodDefinition
  readonly callId: string
  readonly metadata: Record<string, string>
  /** The deadline in milliseconds since the epoch; 0 or less for none. */
  readonly deadlineEpochMs: number
}

/**
 * Resolves the header of a call: a `CallHeader`, or the `StreamHeader` of a stream that carries one call.
 *
 * @throws RpcError `UNIMPLEMENTED` if the service does not have the method; `RESOURCE_EXHAUSTED` if the id or the metadata is over
 *   its limits; `INVALID_ARGUMENT` if the id or a key cannot be printed, or if keys and values do not match
 */
export function resolveCall(service: RegisteredService, header: CallHeader): ResolvedCall {
  return {
    service: service.implementation.definition,
    method: findMethod(service, header.method),
    callId: callIdOrNew(header),
    metadata: metadataOf(header.metadataKeys, header.metadataValues),
    deadlineEpochMs: header.deadlineEpochMs,
  }
}

/** Returns `Service.method`, for logs and messages. */
export function callName({ service, method }: Pick<ResolvedCall, 'service' | 'method'>): string {
  return `${service.name}.${method.wireName}`
}
