import type { HandlerContext, InterceptedCall, Peer } from '@aster/rpc-core'
import type { AbortScope } from '@aster/rpc-core/protocol'
import type { ResolvedCall } from './resolve-call.ts'

/** The parts of a call that its header does not have. */
interface CallCircumstances {
  readonly peer: Peer
  readonly request: unknown
  /** Milliseconds since the epoch. */
  readonly deadline: number | undefined
  readonly scope: AbortScope
}

/** Returns a call as interceptors see it. */
export function interceptedCall(
  { service, method, callId, metadata }: ResolvedCall,
  { peer, request, deadline, scope }: CallCircumstances,
): InterceptedCall {
  let signal: AbortSignal | undefined
  return {
    side: 'server',
    service,
    method,
    callId,
    peer,
    request,
    metadata,
    deadline,
    // Made on demand: most calls never ask for it, and it costs as much as a small call.
    get signal() {
      return (signal ??= scope.signal)
    },
    set signal(other) {
      signal = other
    },
  }
}

/** Returns the context that a handler receives, from the call as the interceptors left it. */
export function handlerContext(call: InterceptedCall): HandlerContext {
  const { service, method, callId, peer, metadata, deadline } = call
  return {
    service: service.name,
    method: method.wireName,
    callId,
    peer,
    metadata,
    deadline,
    get signal() {
      return call.signal
    },
  }
}
