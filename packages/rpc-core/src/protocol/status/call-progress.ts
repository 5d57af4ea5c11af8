import type { InterceptedCall } from '../../interceptor.ts'
import type { RpcError } from '../../rpc-error.ts'
import { deadlineError } from '../signals/signals.ts'

/** Under which a call carries its progress; a copy of the call made by `{ ...call }` carries it as well. */
export const progressKey: unique symbol = Symbol.for('aster.progress') as never

/** How far a call has come: known to the layer that puts the call on the wire. */
export interface CallProgress {
  /** Returns what the call is waiting for, and what can be done about it. */
  describe(): string
}

/** Returns `DEADLINE_EXCEEDED` for a call whose time is up, with what the call was waiting for, if that is known. */
export function callDeadlineError(call: InterceptedCall): RpcError {
  return deadlineError((call as { [progressKey]?: CallProgress })[progressKey]?.describe())
}
