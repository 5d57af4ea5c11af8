import type { Codec, DecodeOptions, EncodeOptions } from '../../codec.ts'
import type { Compression } from '../../compression.ts'
import { RpcError } from '../../rpc-error.ts'
import type { Type } from '../../schema/type.ts'
import { StatusCode } from '../../status-code.ts'
import { type Frame, FrameFlag } from '../frames/frame.ts'
import { returnPiece } from '../frames/write-piece.ts'
import { LIMITS } from '../../limits.ts'
import type { AbortSource } from '../signals/abort-scope.ts'
import { compress } from './compress.ts'
import { FREE_MESSAGE, messageTurns } from './message-turns.ts'

/** The decoded message may be a view of the frame, since no other code uses the bytes of the frame afterwards. */
const OWN_BYTES: DecodeOptions = { mayView: true }
/** A frame is written once, and its writer returns the memory. */
const WRITTEN_ONCE: EncodeOptions = { mayLend: true }

/** How the messages of one stream are serialized and compressed. */
export interface MessageFormat {
  /** Serializes the messages. */
  readonly codec: Codec
  /**
   * Compresses the messages.
   *
   * @default messages are not compressed
   */
  readonly compression?: Compression | undefined
  /**
   * The size in bytes above which a message is compressed: see `Transport`.
   *
   * @default LIMITS.compressAbove
   */
  readonly compressAbove?: number | undefined
  /**
   * The largest message that is read, in bytes after decompression.
   *
   * @default LIMITS.decompressed
   */
  readonly maxMessageBytes?: number | undefined
}

/**
 * Returns the format of a call's messages: the format of its stream, with the smallest limit of the stream, the service and
 * the method.
 */
export function callFormat<F extends MessageFormat>(
  format: F,
  {
    service,
    method,
  }: {
    readonly service: Pick<MessageFormat, 'maxMessageBytes'>
    readonly method: Pick<MessageFormat, 'maxMessageBytes'>
  },
): F {
  // Most services and methods have no limit of their own.
  if (service.maxMessageBytes === undefined && method.maxMessageBytes === undefined) return format
  const own = Math.min(service.maxMessageBytes ?? Infinity, method.maxMessageBytes ?? Infinity)
  return own < messageLimit(format) ? { ...format, maxMessageBytes: own } : format
}

/** Returns the largest message that is read in a format, in bytes after decompression. */
export function messageLimit({ maxMessageBytes }: MessageFormat): number {
  return maxMessageBytes ?? LIMITS.decompressed
}

/**
 * Returns a message as a data frame, compressed if the format allows it and if that makes the message smaller. Queue the
 * frame once, on one stream: its memory may serve other messages after it has been written.
 *
 * @throws RpcError `RESOURCE_EXHAUSTED` if the message is too long; as `Codec.encode` does if it does not fit its type
 */
export function encodeMessage<T, I>(format: MessageFormat, type: Type<T, I>, message: I): Frame {
  const payload = format.codec.encode(type, message, WRITTEN_ONCE)
  if (payload.length > LIMITS.decompressed) throw tooLong(payload.length, LIMITS.decompressed)
  if (format.compression !== undefined && payload.length > (format.compressAbove ?? LIMITS.compressAbove)) {
    const smaller = compress(format.compression, payload)
    if (smaller !== undefined) {
      returnPiece(payload)
      return { flags: FrameFlag.COMPRESSED, payload: smaller }
    }
  }
  if (payload.length >= LIMITS.frameLength) throw tooLong(payload.length, LIMITS.frameLength - 1)
  return { flags: 0, payload }
}

function tooLong(length: number, limit: number): RpcError {
  return new RpcError(StatusCode.RESOURCE_EXHAUSTED, `a message of ${length} bytes is over the limit of ${limit}`)
}

/** The origin of a frame, by which large messages take turns. */
export interface FrameSource {
  /**
   * The id of the peer.
   *
   * @default the message waits for no turn
   */
  readonly peerId?: string | undefined
  /** Aborts when the frame is no longer needed. */
  readonly scope: AbortSource
}

/**
 * Returns a promise if the message in a data frame cannot be decoded yet: because the compression has to load, or because a
 * large message must wait for its turn. When the promise resolves, the caller must decode the message at once. If the scope
 * of `source` aborts, the promise rejects with its reason.
 */
export function beforeDecoding(format: MessageFormat, frame: Frame, source?: FrameSource): Promise<void> | undefined {
  if (frame.flags === 0 && frame.payload.length <= FREE_MESSAGE) return undefined
  const loading = (frame.flags & FrameFlag.COMPRESSED) === 0 ? undefined : format.compression?.load?.()
  if (loading === undefined) return waitForTurn(format, frame, source)
  return loading.then(() => waitForTurn(format, frame, source))
}

function waitForTurn(format: MessageFormat, frame: Frame, source: FrameSource | undefined): Promise<void> | undefined {
  if (source?.peerId === undefined) return undefined
  return messageTurns.wait(source.peerId, announcedSize(format, frame), source.scope)
}

/** Returns the largest size that the message in a frame can have, in bytes. */
export function announcedSize(format: MessageFormat, { flags, payload }: Frame): number {
  if ((flags & FrameFlag.COMPRESSED) === 0) return payload.length
  const limit = messageLimit(format)
  return Math.min(limit, format.compression?.contentSize?.(payload) ?? limit)
}

/**
 * Returns the message in a data frame.
 *
 * @throws RpcError `RESOURCE_EXHAUSTED` if the message exceeds the limit of the format, before it is decompressed or
 *   decoded; `UNIMPLEMENTED` if it is compressed and the format has no compression; as `Codec.decode` does
 */
export function decodeMessage<T, I>(format: MessageFormat, type: Type<T, I>, { flags, payload }: Frame): T {
  const limit = messageLimit(format)
  if ((flags & FrameFlag.COMPRESSED) === 0) {
    if (payload.length > limit)
      throw new RpcError(
        StatusCode.RESOURCE_EXHAUSTED,
        `a message of ${payload.length} bytes arrived: the limit is ${limit} (maxMessageBytes)`,
      )
    return format.codec.decode(type, payload, OWN_BYTES)
  }
  if (format.compression === undefined) {
    throw new RpcError(
      StatusCode.UNIMPLEMENTED,
      'the peer sent a compressed message, and no compression is configured here',
    )
  }
  return format.codec.decode(type, decompress(format.compression, payload, limit))
}

function decompress(compression: Compression, payload: Uint8Array, limit: number): Uint8Array {
  try {
    return compression.decompress(payload, limit)
  } catch (error) {
    if (!(error instanceof RpcError) || error.code !== StatusCode.RESOURCE_EXHAUSTED) throw error
    throw new RpcError(error.code, `${error.message} (maxMessageBytes)`, { cause: error })
  }
}
