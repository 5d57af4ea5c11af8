import type { InterceptedCall, Interceptor } from '@aster/rpc-core'
import { Attempts, type RetryOptions } from './attempts.ts'
import { expectSide } from './call-facts.ts'
import { retriedStream } from './retry-stream.ts'

/**
 * Makes failed calls of idempotent methods again, and of any method when nothing was sent. Within the call's deadline and
 * signal, and within a budget. A stream of responses is begun again only before its first response; calls with a stream of
 * requests never are, for those cannot be had twice. For clients.
 */
export function retry(options: RetryOptions = {}): Interceptor {
  const attempts = new Attempts(options)
  return async (call, next) => {
    expectSide(call, 'client', 'retry')
    switch (call.method.kind) {
      case 'unary':
        return attempts.run(call, call.signal, () => next(copyCall(call)))
      case 'serverStream':
        return retriedStream(call, (signal) => next({ ...copyCall(call), signal }), attempts)
      default:
        return next(call)
    }
  }
}

/** Returns a copy for one attempt: the interceptors inside may change the call that they are passed. */
function copyCall(call: InterceptedCall): InterceptedCall {
  return { ...call, metadata: { ...call.metadata } }
}
