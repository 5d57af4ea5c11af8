import { AsterError, type InterceptedCall, type Interceptor } from '@aster/rpc-core'
import { abortSourceOf, callDeadlineError, changeCall, deadlineScope, epochNow } from '@aster/rpc-core/protocol'
import { expectPositive } from '@aster/rpc-core/schema'
import { hasRequestStream } from './call-facts.ts'
import { follow } from './follow.ts'
import { requestsUntil } from './map-requests.ts'

/** Options of `deadline`. At least one of them is needed. */
export interface DeadlineOptions {
  /** The time for calls without a deadline, in milliseconds. @default none */
  defaultMs?: number | undefined
  /** The longest time that a call may have, in milliseconds, streams included. @default none */
  maxMs?: number | undefined
}

/**
 * Sets the deadline of calls that have none, and shortens deadlines that are too late. A call ends with `DEADLINE_EXCEEDED`
 * when its deadline passes. The interceptors inside and the handler see the deadline, and a signal that aborts with it.
 *
 * @throws AsterError without options, or for an option out of range
 */
export function deadline({ defaultMs, maxMs }: DeadlineOptions): Interceptor {
  if (defaultMs !== undefined) expectPositive('deadline: defaultMs', defaultMs)
  if (maxMs !== undefined) expectPositive('deadline: maxMs', maxMs)
  if (defaultMs === undefined && maxMs === undefined) throw new AsterError('deadline: expected defaultMs or maxMs')
  return async (call, next) => {
    const now = epochNow()
    const wanted = call.deadline ?? now + (defaultMs ?? Infinity)
    const earliest = Math.round(Math.min(wanted, now + (maxMs ?? Infinity)))
    if (earliest === call.deadline || earliest === Infinity) return next(call)
    const { call: timed, cleanup } = withDeadline(call, earliest)
    return follow(timed, next, { onOutcome: cleanup })
  }
}

/** Returns the call with another deadline, at which its signal and the requests of a handler end; `cleanup` clears the timer. */
export function withDeadline(
  call: InterceptedCall,
  deadline: number,
): { readonly call: InterceptedCall; readonly cleanup: () => void } {
  const { scope, cleanup } = deadlineScope(deadline, abortSourceOf(call), { error: () => callDeadlineError(call) })
  const request = hasRequestStream(call) && call.side === 'server' ? requestsUntil(call.request, scope) : call.request
  return { call: changeCall(call, { deadline, request }, scope), cleanup }
}
