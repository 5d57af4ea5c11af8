import { epochNow, runAt, runNeutral } from '@aster/rpc-core/protocol'

/** The length of the pause after a turn, as a multiple of the time that the turn took. */
const REST = 3
/** The shortest pause, which is also the shortest time of a timer. */
const LEAST_REST_MS = 1

/** Runs long work in turns, with pauses in between that leave three quarters of the time to other work. */
export class PacedTurns {
  #last: Promise<void> | undefined

  /**
   * Runs a function in its turn.
   *
   * @throws the reason of `signal` if it has aborted before the turn
   */
  async run<T>(signal: AbortSignal, run: () => T): Promise<T> {
    const before = this.#last
    let end = (): void => {}
    const turn = new Promise<void>((resolve) => (end = resolve))
    this.#last = turn
    let tookMs = 0
    try {
      await before
      signal.throwIfAborted()
      const startedAt = performance.now()
      try {
        return run()
      } finally {
        tookMs = performance.now() - startedAt
      }
    } finally {
      const restMs = REST * tookMs
      if (restMs < LEAST_REST_MS) end()
      else runNeutral(() => runAt(epochNow() + restMs, end, { unref: true }))
      if (this.#last === turn) void turn.then(() => this.#forget(turn))
    }
  }

  #forget(turn: Promise<void>): void {
    if (this.#last === turn) this.#last = undefined
  }
}
