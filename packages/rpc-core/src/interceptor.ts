import type { RpcError } from './rpc-error.ts'
import type { MethodDefinition, ServiceDefinition } from './service/define-service.ts'
import type { Peer } from './service/handler.ts'

/** A call on its way, on either side. An interceptor may change what is not `readonly`. */
export interface InterceptedCall {
  readonly side: 'client' | 'server'
  readonly service: ServiceDefinition
  readonly method: MethodDefinition
  readonly callId: string
  /**
   * The other side. On a client it has no attributes, and its id is `''` until it is known: in a session from the start, for
   * other calls once the call has its stream, which is after `next` was called.
   */
  readonly peer: Peer
  /**
   * The request message; for client and bidi streams the messages, which are an `AsyncIterable`, or on a client whatever
   * `Iterable` or `AsyncIterable` the caller passed.
   */
  request: unknown
  metadata: Record<string, string>
  /** Milliseconds since the epoch. */
  deadline: number | undefined
  signal: AbortSignal
}

/** Goes on with the call. Resolves to the response message; for server and bidi streams to an `AsyncIterable` of them. */
export type Next = (call: InterceptedCall) => Promise<unknown>

/**
 * Stands around every call of a client or a server; the first in the list is the outermost. It may change the call
 * before `next`, the response or the error after it, call `next` again, or answer without it.
 */
export type Interceptor = (call: InterceptedCall, next: Next) => Promise<unknown>

/** One function out of many, the first outermost. */
export function composeInterceptors(interceptors: readonly Interceptor[], last: Next): Next {
  return interceptors.reduceRight<Next>((next, interceptor) => (call) => interceptor(call, next), last)
}

const unsentKey = Symbol.for('aster.unsent')

/**
 * Marks the error of a call of which nothing reached the wire, and gives it back: such a call may be made again whatever
 * its method does. For what puts calls on the wire.
 */
export function markUnsent<E extends RpcError>(error: E): E {
  return Object.defineProperty(error, unsentKey, { value: true })
}

/** Whether an error is marked by `markUnsent`. Without the mark something may have been sent. */
export function isUnsent(error: unknown): boolean {
  return typeof error === 'object' && error !== null && unsentKey in error
}
