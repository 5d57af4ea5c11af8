import { type RpcError, StatusCode } from '@aster/rpc-core'
import {
  FrameFlag,
  type FrameStream,
  type MessageFormat,
  OK_STATUS,
  RpcStatus,
  statusFromError,
} from '@aster/rpc-core/protocol'

/** Queues the trailer of a call: the status of `error`, or `OK` if it is `undefined`. */
export function sendTrailer(frames: FrameStream, { codec }: MessageFormat, error: RpcError | undefined): void {
  let payload: Uint8Array
  try {
    payload = codec.encode(RpcStatus, error === undefined ? OK_STATUS : statusFromError(error))
  } catch {
    // A string that no format can carry must not take the code with it.
    const code = error?.code ?? StatusCode.UNKNOWN
    payload = codec.encode(RpcStatus, { code, message: 'the error has a text that cannot be sent' })
  }
  void frames.queue(FrameFlag.TRAILER, payload)
}
