import type { InterceptedCall, Interceptor } from '@aster/rpc-core'
import { type AbortSource, abortSourceOf, changeCall } from '@aster/rpc-core/protocol'
import { Attempts, type RetryOptions } from './attempts.ts'
import { expectSide } from './call-facts.ts'
import { retriedStream } from './retry-stream.ts'

/**
 * Repeats failed calls: those of idempotent methods, and those of any method if nothing was sent. Keeps within the deadline and
 * the signal of the call, and within a budget. A server stream is repeated only before its first response. Calls with a stream
 * of requests are never repeated, since their requests can be read only once. For clients.
 *
 * @throws AsterError for an option out of range, and for a code that is never retried
 */
export function retry(options: RetryOptions = {}): Interceptor {
  const attempts = new Attempts(options)
  return async (call, next) => {
    expectSide(call, 'client', 'retry')
    switch (call.method.kind) {
      case 'unary':
        return attempts.run(call, abortSourceOf(call), () => next(copyCall(call)))
      case 'serverStream':
        return retriedStream(call, (scope) => next(copyCall(call, scope)), attempts)
      default:
        return next(call)
    }
  }
}

/** Returns a copy of the call for one attempt: the interceptors inside may change the call that they receive. */
function copyCall(call: InterceptedCall, signal?: AbortSource): InterceptedCall {
  return changeCall(call, { metadata: { ...call.metadata } }, signal)
}
