import type { Codec } from '../../codec.ts'
import type { Compression } from '../../compression.ts'
import { RpcError } from '../../rpc-error.ts'
import type { Type } from '../../schema/type.ts'
import { StatusCode } from '../../status-code.ts'
import { type Frame, FrameFlag } from '../frames/frame.ts'
import { LIMITS } from '../../limits.ts'

/** How the messages of one stream are written. */
export interface MessageFormat {
  readonly codec: Codec
  readonly compression?: Compression | undefined
}

/** A message as a data frame, compressed where that is allowed and makes it smaller. */
export function encodeMessage<T, I>(format: MessageFormat, type: Type<T, I>, message: I): Frame {
  const payload = format.codec.encode(type, message)
  if (payload.length > LIMITS.decompressed) throw tooLong(payload.length, LIMITS.decompressed)
  if (format.compression !== undefined && payload.length > LIMITS.compressAbove) {
    const smaller = format.compression.compress(payload)
    if (smaller.length < payload.length) return { flags: FrameFlag.COMPRESSED, payload: smaller }
  }
  if (payload.length >= LIMITS.frameLength) throw tooLong(payload.length, LIMITS.frameLength - 1)
  return { flags: 0, payload }
}

function tooLong(length: number, limit: number): RpcError {
  return new RpcError(StatusCode.RESOURCE_EXHAUSTED, `a message of ${length} bytes is over the limit of ${limit}`)
}

/** What has to be awaited before the message in a data frame can be read, if anything. */
export function beforeDecoding({ compression }: MessageFormat, frame: Frame): Promise<void> | undefined {
  return (frame.flags & FrameFlag.COMPRESSED) === 0 ? undefined : compression?.load?.()
}

/** The message in a data frame. */
export function decodeMessage<T, I>(format: MessageFormat, type: Type<T, I>, frame: Frame): T {
  if ((frame.flags & FrameFlag.COMPRESSED) === 0) return format.codec.decode(type, frame.payload)
  if (format.compression === undefined) {
    throw new RpcError(
      StatusCode.UNIMPLEMENTED,
      'the peer sent a compressed message, and no compression is configured here',
    )
  }
  return format.codec.decode(type, format.compression.decompress(frame.payload, LIMITS.decompressed))
}
