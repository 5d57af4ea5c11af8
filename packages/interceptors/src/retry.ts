import {
  AsterError,
  type InterceptedCall,
  type Interceptor,
  isUnsent,
  RpcError,
  StatusCode,
  statusCodeName,
} from '@aster/rpc-core'
import { expectInteger, expectNumber } from '@aster/rpc-core/schema'
import { expectSide } from './call-facts.ts'
import { RetryBudget } from './retry-budget.ts'
import { retriedStream } from './retry-stream.ts'
import { sleep } from './sleep.ts'

export interface RetryOptions {
  /** Attempts in all, the first included. @default 3 */
  maxAttempts?: number | undefined
  /** Milliseconds; the wait before the n-th retry is a random part of `baseDelayMs` × 2^(n − 1). @default 50 */
  baseDelayMs?: number | undefined
  /** Milliseconds; no wait is longer. @default 2,000 */
  maxDelayMs?: number | undefined
  /** The codes that are worth another attempt; never `CANCELLED` or `DEADLINE_EXCEEDED`. @default UNAVAILABLE */
  codes?: readonly StatusCode[] | undefined
  /** May be shared by several clients. @default one of its own, with the defaults of `RetryBudget` */
  budget?: RetryBudget | undefined
  /** Told before each wait. */
  onRetry?: ((retry: Retry) => void) | undefined
}

/** A retry that is about to happen. */
export interface Retry {
  readonly call: InterceptedCall
  /** The attempt that failed, from 1. */
  readonly attempt: number
  readonly error: RpcError
  /** Milliseconds until the next one. */
  readonly delayMs: number
}

/** Runs `attempt` until it succeeds, or nothing speaks for another one. */
export type Attempts = <T>(call: InterceptedCall, signal: AbortSignal, attempt: () => Promise<T>) => Promise<T>

/**
 * Makes failed calls of idempotent methods again, and of any method when nothing was sent. Within the call's deadline and
 * signal, and within a budget. A stream of responses is begun again only before its first response; calls with a stream of
 * requests never are, for those cannot be had twice. For clients.
 */
export function retry(options: RetryOptions = {}): Interceptor {
  const attempts = attemptsOf(options)
  return async (call, next) => {
    expectSide(call, 'client', 'retry')
    switch (call.method.kind) {
      case 'unary':
        return attempts(call, call.signal, () => next(freshCall(call)))
      case 'serverStream':
        return retriedStream(call, (signal) => next({ ...freshCall(call), signal }), attempts)
      default:
        return next(call)
    }
  }
}

/** What is inside may change a call: every attempt gets its own. */
function freshCall(call: InterceptedCall): InterceptedCall {
  return { ...call, metadata: { ...call.metadata } }
}

function attemptsOf(options: RetryOptions): Attempts {
  const { budget = new RetryBudget(), onRetry } = options
  const maxAttempts = expectInteger('retry: maxAttempts', options.maxAttempts ?? 3, 1)
  const baseDelayMs = expectNumber('retry: baseDelayMs', options.baseDelayMs ?? 50, 0)
  const maxDelayMs = expectNumber('retry: maxDelayMs', options.maxDelayMs ?? 2_000, 0)
  const codes = new Set(options.codes ?? [StatusCode.UNAVAILABLE])
  for (const code of [StatusCode.OK, StatusCode.CANCELLED, StatusCode.DEADLINE_EXCEEDED]) {
    if (codes.has(code)) throw new AsterError(`retry: codes: ${statusCodeName(code)} is never retried`)
  }
  const retriable = ({ method }: InterceptedCall, error: RpcError): boolean =>
    codes.has(error.code) && (method.idempotent || isUnsent(error))

  return async (call, signal, attempt) => {
    budget.earn()
    for (let n = 1; ; n++) {
      try {
        return await attempt()
      } catch (thrown) {
        const error = RpcError.from(thrown)
        if (n >= maxAttempts || signal.aborted || !retriable(call, error)) throw thrown
        // Full jitter: clients that failed together do not come back together.
        const delayMs = Math.random() * Math.min(maxDelayMs, baseDelayMs * 2 ** (n - 1))
        if (call.deadline !== undefined && Date.now() + delayMs >= call.deadline) throw thrown
        if (!budget.spend()) throw thrown
        onRetry?.({ call, attempt: n, error, delayMs })
        await sleep(delayMs, signal)
      }
    }
  }
}
