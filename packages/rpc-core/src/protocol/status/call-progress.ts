import type { InterceptedCall } from '../../interceptor.ts'
import type { RpcError } from '../../rpc-error.ts'
import { deadlineError } from '../signals/signals.ts'

/** The key under which a call carries its progress. A copy made by `{ ...call }` carries it as well. */
export const progressKey: unique symbol = Symbol.for('aster.progress') as never

/** How far a call has come, as the layer that sends the call knows it. */
export interface CallProgress {
  /** Returns what the call is waiting for, and what the user can do about it. */
  describe(): string
}

/**
 * Returns the error `DEADLINE_EXCEEDED` for a call whose deadline has passed. Its message says what the call was waiting
 * for, if that is known.
 */
export function callDeadlineError(call: InterceptedCall): RpcError {
  return deadlineError((call as { [progressKey]?: CallProgress })[progressKey]?.describe())
}
