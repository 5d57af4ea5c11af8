import type { InterceptedCall, Next } from '@aster/rpc-core'
import { hasResponseStream } from './call-facts.ts'
import type { CallHooks } from './call-hooks.ts'
import { followResponse } from './follow-response.ts'
import { followResponses } from './follow-responses.ts'

/**
 * Runs the call and observes it to its end: a response, an error, an abort, or the end of a stream that is read out, fails, is
 * left, or is never read again. The call ends at once when its signal aborts.
 */
export function follow(call: InterceptedCall, next: Next, hooks: CallHooks): Promise<unknown> {
  return hasResponseStream(call) ? followResponses(call, next, hooks) : followResponse(call, next, hooks)
}
