import { startNeutral } from './async-context.ts'
import { runSoon } from './soon.ts'

/** Spreads work over turns of the event loop, in order. Each turn has room for work of a limited cost. */
export class LoopTurns {
  readonly #costOfTurn: number
  #left: number
  #isCounting = false
  #waiting: { readonly cost: number; readonly start: () => void }[] = []

  /** @param costOfTurn the cost at which a turn is full */
  constructor(costOfTurn: number) {
    this.#costOfTurn = costOfTurn
    this.#left = costOfTurn
  }

  /**
   * Returns a promise if a piece of work must wait for a later turn, in which the promise resolves. Returns `undefined` if
   * it may run now.
   */
  take(cost: number): Promise<void> | undefined {
    if (this.#left > 0 && this.#waiting.length === 0) {
      this.#spend(cost)
      return undefined
    }
    return new Promise((start) => this.#waiting.push({ cost, start }))
  }

  #spend(cost: number): void {
    this.#left -= cost
    if (this.#isCounting) return
    this.#isCounting = true
    startNeutral(this.#start)
  }

  readonly #start = (): void => runSoon(this.#next)

  readonly #next = (): void => {
    this.#isCounting = false
    this.#left = this.#costOfTurn
    let started = 0
    for (const { cost, start } of this.#waiting) {
      if (this.#left <= 0) break
      this.#spend(cost)
      start()
      started++
    }
    if (started > 0) this.#waiting = this.#waiting.slice(started)
  }
}
