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
 * @throws if the codec can write no status at all; the stream has to be reset then
 */
export function sendTrailer(frames: FrameStream, { codec }: MessageFormat, error: RpcError | undefined): void {
  // No wait: it is the end of the stream, or the session waits for room before its next frame.
  void frames.queue(FrameFlag.TRAILER, encodeTrailer(codec, error))
}

/** Does what `sendTrailer` does, and ends the stream: both go out with what was added before. Returns what `finish` returns. */
export function finishWithTrailer(
  frames: FrameStream,
  { codec }: MessageFormat,
  error: RpcError | undefined,
): Promise<void> | undefined {
  frames.add(FrameFlag.TRAILER, encodeTrailer(codec, error))
  return frames.finish()
}

/** The trailers of calls that ended well. */
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
    // A codec that cannot write the message or the details must not take the code with it.
    return codec.encode(RpcStatus, { ...OK_STATUS, code: status.code })
  }
}
