import { AsterError, type InterceptedCall, isUnsent, RpcError, StatusCode, statusCodeName } from '@aster/rpc-core'
import { type AbortSource, epochNow, runGuarded, warnOnce } from '@aster/rpc-core/protocol'
import { expectInteger, expectNumber } from '@aster/rpc-core/schema'
import { RetryBudget } from './retry-budget.ts'
import { sleep } from './sleep.ts'

/** Options of `retry`. */
export interface RetryOptions {
  /** The largest number of attempts of one call, including the first. @default 3 */
  maxAttempts?: number | undefined
  /** Milliseconds. The wait before the n-th retry is a random part of `baseDelayMs` × 2^(n − 1). @default 50 */
  baseDelayMs?: number | undefined
  /** The longest wait, in milliseconds. @default 2,000 */
  maxDelayMs?: number | undefined
  /** The codes that are retried; `CANCELLED` and `DEADLINE_EXCEEDED` are refused. @default UNAVAILABLE */
  codes?: readonly StatusCode[] | undefined
  /** The budget of retries, which several clients may share. @default a new one, with the defaults of `RetryBudget` */
  budget?: RetryBudget | undefined
  /** Called before each wait. An error that it throws is reported as a warning. */
  onRetry?: ((retry: Retry) => void) | undefined
}

/** A retry that is about to happen. */
export interface Retry {
  /** The call that is retried. */
  readonly call: InterceptedCall
  /** The number of the attempt that failed, from 1. */
  readonly attempt: number
  /** The error of the attempt that failed. */
  readonly error: RpcError
  /** Milliseconds until the next attempt. */
  readonly delayMs: number
}

/** Repeats a call until it succeeds, its error is not worth a retry, or its attempts, its budget or its time are used up. */
export class Attempts {
  readonly #maxAttempts: number
  readonly #baseDelayMs: number
  readonly #maxDelayMs: number
  readonly #codes: ReadonlySet<StatusCode>
  readonly #budget: RetryBudget
  readonly #onRetry: RetryOptions['onRetry']

  /** @throws AsterError for a number out of range, and for a code that is never retried */
  constructor(options: RetryOptions) {
    this.#maxAttempts = expectInteger('retry: maxAttempts', options.maxAttempts ?? 3, 1)
    this.#baseDelayMs = expectNumber('retry: baseDelayMs', options.baseDelayMs ?? 50, 0)
    this.#maxDelayMs = expectNumber('retry: maxDelayMs', options.maxDelayMs ?? 2_000, 0)
    this.#codes = new Set(options.codes ?? [StatusCode.UNAVAILABLE])
    for (const code of [StatusCode.OK, StatusCode.CANCELLED, StatusCode.DEADLINE_EXCEEDED]) {
      if (this.#codes.has(code)) throw new AsterError(`retry: codes: ${statusCodeName(code)} is never retried`)
    }
    this.#budget = options.budget ?? new RetryBudget()
    this.#onRetry = options.onRetry
  }

  /**
   * Resolves with the first success of `attempt`. Rejects with the error of the last attempt, or with that of the call if `signal`
   * aborts during a wait.
   */
  async run<T>(call: InterceptedCall, signal: AbortSource, attempt: () => Promise<T>): Promise<T> {
    this.#budget.earn()
    for (let n = 1; ; n++) {
      try {
        return await attempt()
      } catch (thrown) {
        const error = RpcError.from(thrown)
        if (n >= this.#maxAttempts || signal.aborted || !this.#isRetriable(call, error)) throw thrown
        // Full jitter: clients that failed together do not come back together.
        const delayMs = Math.random() * Math.min(this.#maxDelayMs, this.#baseDelayMs * 2 ** (n - 1))
        if (call.deadline !== undefined && epochNow() + delayMs >= call.deadline) throw thrown
        if (!this.#budget.spend()) throw thrown
        this.#tell({ call, attempt: n, error, delayMs })
        await sleep(delayMs, signal)
      }
    }
  }

  #tell(retry: Retry): void {
    runGuarded(
      () => this.#onRetry?.(retry),
      (error) => warnOnce('ASTER_LISTENER', `retry: onRetry failed: ${RpcError.from(error).message}`),
    )
  }

  #isRetriable({ method }: InterceptedCall, error: RpcError): boolean {
    return this.#codes.has(error.code) && (method.idempotent || isUnsent(error))
  }
}
