import { RpcError, StatusCode } from '@aster/rpc-core'
import { type FrameStream, TimeoutQueue } from '@aster/rpc-core/protocol'

/** How long the next byte of a frame that has begun may take, in milliseconds. Longer than short outages of the network. */
const FRAME_MS = 30_000

/** The streams that wait for the rest of a frame. If a producer stops in the middle of a frame, the call fails. */
export const stalledFrames = new TimeoutQueue<FrameStream>(FRAME_MS, (frames) => {
  const text = `the producer has sent no byte of a frame that had begun for ${FRAME_MS / 1000} s`
  frames.failToRead(new RpcError(StatusCode.UNAVAILABLE, text))
})
