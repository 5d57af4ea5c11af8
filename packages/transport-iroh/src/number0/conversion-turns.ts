import { LoopTurns } from '@aster/rpc-core/protocol'

/** Bytes of large pieces that are converted in one turn of the event loop: about 10 ms of work with the addon's part in it. */
const TURN_BYTES = 131_072
/** Pieces up to this length are converted at once. */
const SMALL_BYTES = 16_384

/**
 * Spreads the conversion of large pieces to the addon's arrays over turns of the event loop. A call takes some eight turns, and
 * would wait through the pieces of all busy streams in each of them.
 */
export class ConversionTurns {
  readonly #turns = new LoopTurns(TURN_BYTES)

  /** Returns a promise if a piece has to wait for a later turn; it is to be converted in the turn in which the promise resolves. */
  wait(bytes: number): Promise<void> | undefined {
    return bytes <= SMALL_BYTES ? undefined : this.#turns.take(bytes)
  }
}

/** The turns of this thread: there is one event loop, whatever the number of endpoints. */
export const conversionTurns = new ConversionTurns()
