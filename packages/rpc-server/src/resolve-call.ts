import { type MethodDefinition, RpcError, type ServiceDefinition, StatusCode } from '@aster/rpc-core'
import { type CallHeader, metadataExcess, nextCallId, pairs } from '@aster/rpc-core/protocol'
import { findMethod, type RegisteredService } from './registry.ts'

/** A call as its header describes it, with the method that it names. */
export interface ResolvedCall {
  readonly service: ServiceDefinition
  readonly method: MethodDefinition
  readonly callId: string
  readonly metadata: Record<string, string>
  /** Milliseconds since the epoch; 0 or less for none. */
  readonly deadlineEpochMs: number
}

/**
 * Resolves the header of a call: a `CallHeader`, or the `StreamHeader` of a stream that carries one call.
 *
 * @throws RpcError `UNIMPLEMENTED` if the service has no such method; `RESOURCE_EXHAUSTED` if the metadata is over its
 *   limits
 */
export function resolveCall(service: RegisteredService, header: CallHeader): ResolvedCall {
  return {
    service: service.implementation.definition,
    method: findMethod(service, header.method),
    callId: callIdOrNew(header),
    metadata: readMetadata(header),
    deadlineEpochMs: header.deadlineEpochMs,
  }
}

/** Returns the id of a call, or a new one if the consumer sent none, as Python does for unary calls. */
export function callIdOrNew({ callId }: Pick<CallHeader, 'callId'>): string {
  return callId === '' ? nextCallId() : callId
}

/** Returns `Service.method`, for logs and messages. */
export function callName({ service, method }: Pick<ResolvedCall, 'service' | 'method'>): string {
  return `${service.name}.${method.wireName}`
}

function readMetadata({ metadataKeys, metadataValues }: CallHeader): Record<string, string> {
  const metadata = pairs(metadataKeys, metadataValues)
  const excess = metadataExcess(metadata)
  if (excess !== undefined) throw new RpcError(StatusCode.RESOURCE_EXHAUSTED, `metadata: ${excess}`)
  return metadata
}
