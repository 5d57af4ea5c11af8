import type { Codec, RpcError } from '@aster/rpc-core'
import {
  FrameFlag,
  type FrameStream,
  type MessageFormat,
  OK_STATUS,
  RpcStatus,
  statusFromError,
} from '@aster/rpc-core/protocol'

/**
 * Queues the trailer of a call: the status of `error`, or `OK` if it is `undefined`.
 *
 * @throws if the codec cannot write any status; the stream has to be reset then
 */
export function sendTrailer(frames: FrameStream, { codec }: MessageFormat, error: RpcError | undefined): void {
  // No wait: the stream ends here, or the session waits for room before its next frame.
  void frames.queue(FrameFlag.TRAILER, encodeTrailer(codec, error))
}

/**
 * Adds the trailer of a call and finishes the stream, in one write with the frames that were added before. Returns a promise if
 * frames are still to be sent.
 *
 * @throws if the codec cannot write any status
 */
export function finishWithTrailer(
  frames: FrameStream,
  { codec }: MessageFormat,
  error: RpcError | undefined,
): Promise<void> | undefined {
  frames.add(FrameFlag.TRAILER, encodeTrailer(codec, error))
  return frames.finish()
}

/** The encoded trailer of calls that end with `OK`, by codec. */
const okTrailers = new WeakMap<Codec, Uint8Array>()

function encodeTrailer(codec: Codec, error: RpcError | undefined): Uint8Array {
  if (error !== undefined) return encodeStatus(codec, statusFromError(error))
  let trailer = okTrailers.get(codec)
  if (trailer === undefined) okTrailers.set(codec, (trailer = encodeStatus(codec, OK_STATUS)))
  return trailer
}

function encodeStatus(codec: Codec, status: RpcStatus): Uint8Array {
  try {
    return codec.encode(RpcStatus, status)
  } catch {
    // If the codec cannot write the message or the details, the consumer still gets the code.
    return codec.encode(RpcStatus, { ...OK_STATUS, code: status.code })
  }
}
