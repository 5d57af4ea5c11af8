import { runNeutral, runSoon } from '@aster/rpc-core/protocol'

/** What the frames that a peer sends on one connection may cost in one turn of the event loop: some milliseconds. */
const COST_OF_TURN = 256

/** What the handling of a frame costs: a call, or an answer to a CANCEL, is worth several requests. */
export const FrameCost = { REQUEST: 1, CALL: 4 } as const

/**
 * Spreads the frames of a connection over turns of the event loop. A piece of 64 KiB may hold thousands of small frames, and those
 * of many streams, handled in one turn, would keep all other connections waiting.
 */
export class FrameTurns {
  #left = COST_OF_TURN
  #isCounting = false
  #waiting: { readonly cost: number; readonly start: () => void }[] = []

  /** Returns a promise if a frame has to wait for a later turn. */
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
    runNeutral(() => runSoon(() => this.#next()))
  }

  #next(): void {
    this.#isCounting = false
    this.#left = COST_OF_TURN
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
