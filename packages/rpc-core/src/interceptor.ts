import { AsterError } from './aster-error.ts'
import { RpcError } from './rpc-error.ts'
import type { MethodDefinition, ServiceDefinition } from './service/define-service.ts'
import type { Peer } from './service/handler.ts'
import { StatusCode } from './status-code.ts'
import { describe } from './values/describe.ts'

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

/**
 * Makes one function of several interceptors, the first outermost. An interceptor that breaks its contract fails the call with
 * an error that names the interceptor: `INTERNAL` on a client, an exception of the handler's side on a server.
 */
export function composeInterceptors(interceptors: readonly Interceptor[], last: Next): Next {
  return interceptors.reduceRight<Next>((next, interceptor, index) => {
    const what = `interceptor ${interceptor.name === '' ? `${index + 1} of ${interceptors.length}` : `'${interceptor.name}'`}`
    const callNext: Next = (call) => {
      const response = next(call)
      // An interceptor that does not wait for `next` must not end the process if the call fails.
      response.catch(() => {})
      return response
    }
    return async (call) => {
      const response = await interceptor(call, callNext)
      const mistake = mistakeOf(call, response)
      if (mistake !== undefined) throw interceptorError(call, `${what} ${mistake}`)
      return response
    }
  }, last)
}

/** Returns what is wrong with the response of an interceptor, if its kind shows it. */
function mistakeOf({ method }: InterceptedCall, response: unknown): string | undefined {
  if (typeof response === 'function')
    return 'returned a function: expected (call, next) => a promise of the response, not (next) => (call) => …'
  if (method.kind === 'serverStream' || method.kind === 'bidiStream')
    return isIterable(response)
      ? undefined
      : `returned ${describe(response)}: expected the AsyncIterable that next(call) resolves to`
  if (response !== undefined || method.response.kind === 'optional' || method.response.kind === 'any') return undefined
  return 'returned nothing: expected the response; does it lack a return before next(call)?'
}

function isIterable(value: unknown): boolean {
  return typeof value === 'object' && value !== null && (Symbol.asyncIterator in value || Symbol.iterator in value)
}

/** On a server it is no answer for the caller, but a fault to be logged. */
function interceptorError({ side }: InterceptedCall, message: string): AsterError {
  return side === 'client' ? new RpcError(StatusCode.INTERNAL, message) : new AsterError(message)
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
