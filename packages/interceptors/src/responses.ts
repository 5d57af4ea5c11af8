import type { InterceptedCall, Next } from '@aster/rpc-core'
import { follow, type Outcome } from './follow.ts'

/**
 * Goes on with the call and passes each response through `map`, one or many; what `map` throws ends the call. Leaving the
 * responses still cancels it.
 *
 * @example
 * ```ts
 * import type { Interceptor } from '@aster/rpc-core'
 * import { mapResponses } from '@aster/interceptors'
 *
 * const stamped: Interceptor = (call, next) => mapResponses(call, next, (response) => ({ value: response, at: Date.now() }))
 * ```
 */
export function mapResponses(call: InterceptedCall, next: Next, map: (response: unknown) => unknown): Promise<unknown> {
  return follow(call, next, { onResponse: map })
}

/**
 * Goes on with the call and runs `done` once when it is over: with the response or the error, at the end of a stream, when
 * the caller leaves it, or when the signal aborts. What `done` throws is lost.
 */
export function onOutcome(call: InterceptedCall, next: Next, done: (outcome: Outcome) => void): Promise<unknown> {
  return follow(call, next, { onOutcome: done })
}
