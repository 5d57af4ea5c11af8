import { LoopTurns } from '@aster/rpc-core/protocol'

/** What the frames that a peer sends on one connection may cost in one turn of the event loop: some milliseconds. */
const COST_OF_TURN = 256

/** The cost of a frame: a call, or an answer to a CANCEL, is worth several requests. */
export const FrameCost = { REQUEST: 1, CALL: 4 } as const

/**
 * Spreads the frames of a connection over turns of the event loop. A piece of 64 KiB may hold thousands of small frames, and those
 * of many streams, handled in one turn, would keep all other connections waiting.
 */
export class FrameTurns extends LoopTurns {
  constructor() {
    super(COST_OF_TURN)
  }
}
