import { RpcError, StatusCode } from '@aster/rpc-core'
import { type FrameStream, TimeoutQueue } from '@aster/rpc-core/protocol'

/** Milliseconds without a byte of a frame that has begun: longer than short outages of the network. */
const FRAME_MS = 30_000

/** The streams of all calls that wait for the rest of a frame: a producer that stops in the middle of one ends its call. */
export const stalledFrames = new TimeoutQueue<FrameStream>(FRAME_MS, (frames) => {
  const text = `the producer has sent no byte of a frame that had begun for ${FRAME_MS / 1000} s`
  frames.failToRead(new RpcError(StatusCode.UNAVAILABLE, text))
})
