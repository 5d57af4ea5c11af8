import type { HandlerContext, InterceptedCall, Peer } from '@aster/rpc-core'
import type { AbortScope } from '@aster/rpc-core/protocol'
import type { ResolvedCall } from './resolve-call.ts'

/** The parts of a call that are not in its header. */
interface CallCircumstances {
  readonly peer: Peer
  readonly request: unknown
  /** The deadline in milliseconds since the epoch. */
  readonly deadline: number | undefined
  readonly scope: AbortScope
}

/** The key under which a call or context holds the object that its `signal` is read from. */
const sourceKey = Symbol('aster.signal')

interface WithSource {
  readonly [sourceKey]: { readonly signal: AbortSignal }
}

/** Creates a signal on demand: most handlers never ask for it, and a signal costs as much as a small call. */
const lazySignal: PropertyDescriptor & ThisType<WithSource> = {
  enumerable: true,
  configurable: true,
  // One function for all contexts, so that the engine uses the same hidden class for all.
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

/**
 * Returns the context of a handler.
 *
 * @param source the object that the `signal` of the context is read from: the call after the interceptors, or the scope of the call
 */
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
