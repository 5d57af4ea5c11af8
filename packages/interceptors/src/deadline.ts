import { AsterError, type InterceptedCall, type Interceptor } from '@aster/rpc-core'
import { callDeadlineError, deadlineSignal, epochNow } from '@aster/rpc-core/protocol'
import { expectPositive } from '@aster/rpc-core/schema'
import { hasRequestStream } from './call-facts.ts'
import { follow } from './follow.ts'
import { requestsUntil } from './map-requests.ts'

export interface DeadlineOptions {
  /** Milliseconds for calls that have no deadline. @default none */
  defaultMs?: number | undefined
  /** Milliseconds that a call may have left at most, streams included. @default none */
  maxMs?: number | undefined
}

/**
 * Gives calls a deadline, and shortens those that are too long. A call ends with `DEADLINE_EXCEEDED` when it passes; what is
 * inside sees the deadline and a signal that aborts then.
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

/** The call with another deadline, which also its signal and the requests of a handler have; `cleanup` ends the timer. */
export function withDeadline(
  call: InterceptedCall,
  deadline: number,
): { readonly call: InterceptedCall; readonly cleanup: () => void } {
  const { signal, cleanup } = deadlineSignal(deadline, call.signal, { error: () => callDeadlineError(call) })
  const request = hasRequestStream(call) && call.side === 'server' ? requestsUntil(call.request, signal) : call.request
  return { call: { ...call, deadline, signal, request }, cleanup }
}
