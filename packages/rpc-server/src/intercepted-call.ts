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

/** What a call or a context takes its signal from. */
const sourceKey = Symbol('aster.signal')

interface WithSource {
  readonly [sourceKey]: { readonly signal: AbortSignal }
}

/** Signals are made on demand: most calls never ask for theirs, and it costs as much as a small call. */
const lazySignal: PropertyDescriptor & ThisType<WithSource> = {
  enumerable: true,
  configurable: true,
  // One function for all, so that the engine gives all contexts the same shape.
  get() {
    return this[sourceKey].signal
  },
}

const replaceableSignal: PropertyDescriptor & ThisType<WithSource> = {
  ...lazySignal,
  set(value: AbortSignal) {
    Object.defineProperty(this, 'signal', { value, enumerable: true, configurable: true, writable: true })
  },
}

/** Returns a call as interceptors see it. */
export function interceptedCall(
  { service, method, callId, metadata }: ResolvedCall,
  { peer, request, deadline, scope }: CallCircumstances,
): InterceptedCall {
  const call = { side: 'server', service, method, callId, peer, request, metadata, deadline, [sourceKey]: scope }
  return Object.defineProperty(call, 'signal', replaceableSignal) as unknown as InterceptedCall
}

/** Returns the context that a handler receives. `source` has its signal: the call as the interceptors left it, or its scope. */
export function handlerContext(
  { service, method, callId, metadata }: ResolvedCall | InterceptedCall,
  { peer, deadline }: Pick<CallCircumstances, 'peer' | 'deadline'>,
  source: { readonly signal: AbortSignal },
): HandlerContext {
  const context = {
    service: service.name,
    method: method.wireName,
    callId,
    peer,
    metadata,
    deadline,
    [sourceKey]: source,
  }
  return Object.defineProperty(context, 'signal', lazySignal) as unknown as HandlerContext
}
