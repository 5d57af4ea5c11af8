import { LoopTurns } from '@aster/rpc-core/protocol'

/** Bytes of large pieces that are converted in one turn of the event loop: about 10 ms of work, including the addon's part. */
const TURN_BYTES = 131_072
/** Pieces up to this length, in bytes, are converted at once. */
export const SMALL_BYTES = 8_192

/**
 * Spreads the conversion of large pieces to the addon's arrays over turns of the event loop. A call takes some eight turns;
 * without this, it would wait in each of them for the pieces of all busy streams.
 */
export class ConversionTurns {
  readonly #turns = new LoopTurns(TURN_BYTES)

  /** Returns a promise if a piece has to wait for a later turn. Convert the piece in the turn in which the promise resolves. */
  wait(bytes: number): Promise<void> | undefined {
    return bytes <= SMALL_BYTES ? undefined : this.#turns.take(bytes)
  }
}

/** The turns of this thread, shared by all endpoints, since they share one event loop. */
export const conversionTurns = new ConversionTurns()
