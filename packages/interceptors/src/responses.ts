import type { InterceptedCall, Next } from '@aster/rpc-core'
import type { Outcome } from './call-hooks.ts'
import { follow } from './follow.ts'

/**
 * Runs the call and passes each of its responses through `map`, one or many. An error that `map` throws ends the call. A
 * caller that leaves the responses cancels the call, as without `mapResponses`.
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
 * Runs the call, and `done` once when it is over: after the response or the error, at the end of a stream, when the caller
 * leaves it, or when the signal aborts. An error that `done` throws is lost.
 */
export function onOutcome(call: InterceptedCall, next: Next, done: (outcome: Outcome) => void): Promise<unknown> {
  return follow(call, next, { onOutcome: done })
}
