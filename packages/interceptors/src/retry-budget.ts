import { expectNumber, expectPositive } from '@aster/rpc-core/schema'

/** Options of a `RetryBudget`. */
export interface RetryBudgetOptions {
  /** The largest number of retries at once. @default 10 */
  capacity?: number | undefined
  /** The retries that each call earns: 0.1 allows one retry for ten calls in the long run. @default 0.1 */
  ratio?: number | undefined
}

/** A token bucket that calls fill and retries empty, so that retries cannot multiply the load of a failing producer. */
export class RetryBudget {
  readonly #capacity: number
  readonly #ratio: number
  #tokens: number

  constructor({ capacity = 10, ratio = 0.1 }: RetryBudgetOptions = {}) {
    this.#capacity = expectPositive('RetryBudget: capacity', capacity)
    this.#ratio = expectNumber('RetryBudget: ratio', ratio, 0)
    this.#tokens = capacity
  }

  /** The retries that are left. */
  get tokens(): number {
    return this.#tokens
  }

  /** Adds the share of one call, when the call begins. */
  earn(): void {
    this.#tokens = Math.min(this.#capacity, this.#tokens + this.#ratio)
  }

  /** Takes one retry from the budget. Returns false if none is left. */
  spend(): boolean {
    if (this.#tokens < 1) return false
    this.#tokens -= 1
    return true
  }
}
