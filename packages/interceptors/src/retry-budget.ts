import { expectNumber, expectPositive } from '@aster/rpc-core/schema'

export interface RetryBudgetOptions {
  /** Retries that may come at once. @default 10 */
  capacity?: number | undefined
  /** Retries that each call earns: 0.1 allows one for ten calls in the long run. @default 0.1 */
  ratio?: number | undefined
}

/** A token bucket that calls fill and retries empty, so that retries cannot multiply the load of a producer in trouble. */
export class RetryBudget {
  readonly #capacity: number
  readonly #ratio: number
  #tokens: number

  constructor({ capacity = 10, ratio = 0.1 }: RetryBudgetOptions = {}) {
    this.#capacity = expectPositive('RetryBudget: capacity', capacity)
    this.#ratio = expectNumber('RetryBudget: ratio', ratio, 0)
    this.#tokens = capacity
  }

  /** Retries that are left. */
  get tokens(): number {
    return this.#tokens
  }

  /** A call begins. */
  earn(): void {
    this.#tokens = Math.min(this.#capacity, this.#tokens + this.#ratio)
  }

  /** Pays for a retry; false when there is nothing left. */
  spend(): boolean {
    if (this.#tokens < 1) return false
    this.#tokens -= 1
    return true
  }
}
