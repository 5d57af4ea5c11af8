import { type AbortScope, runAt, deadlineError } from '@aster/rpc-core/protocol'

/** Milliseconds that a handler may take unless the server says otherwise. */
const HANDLER_TIMEOUT_MS = 300_000

/**
 * Aborts the call when its deadline, or the handler's time, is up. Throws `DEADLINE_EXCEEDED` for a deadline that has
 * passed; gives the deadline that the handler is told.
 */
export function startDeadline(
  deadlineEpochMs: number,
  handlerTimeoutMs: number = HANDLER_TIMEOUT_MS,
  scope: AbortScope,
): { deadline: number | undefined; cleanup: () => void } {
  const now = Date.now()
  const limit = now + handlerTimeoutMs
  const deadline = deadlineEpochMs > 0 ? Math.min(deadlineEpochMs, limit) : undefined
  if (deadline !== undefined && deadline <= now) throw deadlineError()
  return { deadline, cleanup: runAt(deadline ?? limit, () => scope.abort(deadlineError())) }
}
