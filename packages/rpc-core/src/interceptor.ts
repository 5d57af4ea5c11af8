import { AsterError } from './aster-error.ts'
import { RpcError } from './rpc-error.ts'
import type { MethodDefinition, ServiceDefinition } from './service/define-service.ts'
import type { Peer } from './service/handler.ts'
import { StatusCode } from './status-code.ts'
import { describe } from './values/describe.ts'

/** A call as an interceptor sees it, on either side. An interceptor may change every member that is not `readonly`. */
export interface InterceptedCall {
  /** The side on which the interceptor runs. */
  readonly side: 'client' | 'server'
  /** The service of the call. */
  readonly service: ServiceDefinition
  /** The method of the call. */
  readonly method: MethodDefinition
  /** The id of the call, which is in its header. */
  readonly callId: string
  /**
   * The other side. On a client, `peer` has no attributes. In a session its `id` is known from the start. In any other call
   * of a client, `id` is `''` until the call has opened its stream, which happens after `next` is called.
   */
  readonly peer: Peer
  /**
   * The request message, or the request messages of a client or bidi stream: an `AsyncIterable`, or on a client any
   * `Iterable` or `AsyncIterable` that the caller passed.
   */
  request: unknown
  /** The metadata of the call. */
  metadata: Record<string, string>
  /** The deadline in milliseconds since the epoch; `undefined` if the call has no deadline. */
  deadline: number | undefined
  /** Aborts when the call is cancelled or its deadline passes. */
  signal: AbortSignal
}

/**
 * Continues the call. Resolves to the response message, or to an `AsyncIterable` of messages if the method streams
 * responses.
 */
export type Next = (call: InterceptedCall) => Promise<unknown>

/**
 * Wraps every call of a client or a server; the first interceptor in the list is the outermost. An interceptor may change
 * the call before it calls `next`, change the response or the error afterwards, call `next` again, or respond without
 * calling `next`.
 */
export type Interceptor = (call: InterceptedCall, next: Next) => Promise<unknown>

/**
 * Combines interceptors into one function, the first outermost. An interceptor that breaks its contract fails the call with
 * an error that names the interceptor: `RpcError` (`INTERNAL`) on a client, `AsterError` on a server.
 */
export function composeInterceptors(interceptors: readonly Interceptor[], last: Next): Next {
  return interceptors.reduceRight<Next>((next, interceptor, index) => {
    const callNext: Next = (call) => {
      const response = next(call)
      // If an interceptor does not await `next`, a failed call must not end the process.
      response.catch(ignore)
      return response
    }
    return async (call) => {
      const response = await interceptor(call, callNext)
      const mistake = mistakeOf(call, response)
      if (mistake === undefined) return response
      const what = interceptor.name === '' ? `${index + 1} of ${interceptors.length}` : `'${interceptor.name}'`
      throw interceptorError(call, `interceptor ${what} ${mistake}`)
    }
  }, last)
}

function ignore(): void {}

/** Returns what is wrong with the response of an interceptor, if its type shows a mistake. */
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

/** Returns the error of a broken interceptor: on a server not an `RpcError`, so that it is logged and hidden from the caller. */
function interceptorError({ side }: InterceptedCall, message: string): AsterError {
  return side === 'client' ? new RpcError(StatusCode.INTERNAL, message) : new AsterError(message)
}

const unsentKey = Symbol.for('aster.unsent')

/**
 * Marks the error of a call that failed before any byte of it was sent, and returns the error. Such a call may be retried
 * whether or not its method is idempotent. For layers that send calls.
 */
export function markUnsent<E extends RpcError>(error: E): E {
  return Object.defineProperty(error, unsentKey, { value: true })
}

/** Returns whether `markUnsent` has marked an error. If not, parts of the call may have been sent. */
export function isUnsent(error: unknown): boolean {
  return typeof error === 'object' && error !== null && unsentKey in error
}
