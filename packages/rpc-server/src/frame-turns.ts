import { LoopTurns } from '@aster/rpc-core/protocol'

/** The cost of the frames of one connection that are handled in one turn of the event loop, about some milliseconds. */
const COST_OF_TURN = 256

/** The cost of a frame. A call, or an answer to a CANCEL, costs as much as several requests. */
export const FrameCost = { REQUEST: 1, CALL: 4 } as const

/**
 * Spreads the frames of a connection over turns of the event loop. A piece of 64 KiB may hold thousands of small frames. If the
 * frames of many streams were handled in one turn, all other connections would have to wait.
 */
export class FrameTurns extends LoopTurns {
  constructor() {
    super(COST_OF_TURN)
  }
}
