import { type AbortScope, deadlineError, runAt, epochNow } from '@aster/rpc-core/protocol'

/** Milliseconds that a handler may take unless the option `handlerTimeoutMs` says otherwise. */
const HANDLER_TIMEOUT_MS = 300_000

/**
 * Starts the timer that aborts a call at its deadline, or when the handler has taken too long. Returns the deadline for
 * the handler's context, in milliseconds since the epoch, and a function that stops the timer.
 *
 * @throws RpcError `DEADLINE_EXCEEDED` if the deadline has passed already
 */
export function startDeadline(
  deadlineEpochMs: number,
  handlerTimeoutMs: number | undefined,
  scope: AbortScope,
): { deadline: number | undefined; cleanup: () => void } {
  const now = epochNow()
  const limit = now + (handlerTimeoutMs ?? HANDLER_TIMEOUT_MS)
  const deadline = deadlineEpochMs > 0 ? Math.min(deadlineEpochMs, limit) : undefined
  if (deadline !== undefined && deadline <= now) throw deadlineError()
  return { deadline, cleanup: runAt(deadline ?? limit, () => scope.abort(deadlineError())) }
}
