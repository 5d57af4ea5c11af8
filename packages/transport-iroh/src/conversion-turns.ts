import { runNeutral, runSoon } from '@aster/rpc-core/protocol'

/** Bytes of large pieces that are converted in one turn of the event loop: about 10 ms of work with the addon's part in it. */
const TURN_BYTES = 131_072
/** Pieces up to this length are converted at once. */
const SMALL_BYTES = 16_384

/**
 * Spreads the conversion of large pieces to the addon's arrays over turns of the event loop. A call takes some eight turns, and
 * would wait through the pieces of all busy streams in each of them.
 */
export class ConversionTurns {
  #left = TURN_BYTES
  #isCounting = false
  #waiting: { readonly bytes: number; readonly start: () => void }[] = []

  /** Returns a promise if a piece has to wait for a later turn; it is to be converted in the turn in which the promise resolves. */
  wait(bytes: number): Promise<void> | undefined {
    if (bytes <= SMALL_BYTES) return undefined
    if (this.#left > 0 && this.#waiting.length === 0) {
      this.#take(bytes)
      return undefined
    }
    return new Promise((start) => this.#waiting.push({ bytes, start }))
  }

  #take(bytes: number): void {
    this.#left -= bytes
    if (this.#isCounting) return
    this.#isCounting = true
    runNeutral(() => runSoon(() => this.#next()))
  }

  #next(): void {
    this.#isCounting = false
    this.#left = TURN_BYTES
    let started = 0
    for (const { bytes, start } of this.#waiting) {
      if (this.#left <= 0) break
      this.#take(bytes)
      start()
      started++
    }
    this.#waiting = this.#waiting.slice(started)
  }
}

/** The turns of this thread: there is one event loop, whatever the number of endpoints. */
export const conversionTurns = new ConversionTurns()
