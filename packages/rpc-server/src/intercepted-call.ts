import type { HandlerContext, InterceptedCall, Peer } from '@aster/rpc-core'
import { type AbortScope, type AbortSource, defineCallSignal, defineSignal } from '@aster/rpc-core/protocol'
import type { ResolvedCall } from './resolve-call.ts'

/** The parts of a call that are not in its header. */
interface CallCircumstances {
  readonly peer: Peer
  readonly request: unknown
  /** The deadline in milliseconds since the epoch. */
  readonly deadline: number | undefined
  readonly scope: AbortScope
}

/** Returns a call as interceptors see it. */
export function interceptedCall(
  { service, method, callId, metadata }: ResolvedCall,
  { peer, request, deadline, scope }: CallCircumstances,
): InterceptedCall {
  return defineCallSignal({ side: 'server', service, method, callId, peer, request, metadata, deadline }, scope)
}

/**
 * Returns the context of a handler.
 *
 * @param source the source of the signal: the scope of the call, or the signal that interceptors put in its place
 */
export function handlerContext(
  { service, method, callId, metadata }: ResolvedCall | InterceptedCall,
  { peer, deadline }: Pick<CallCircumstances, 'peer' | 'deadline'>,
  source: AbortSource,
): HandlerContext {
  return defineSignal({ service: service.name, method: method.wireName, callId, peer, metadata, deadline }, source)
}
