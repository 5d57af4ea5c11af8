import { type Codec, RpcError, SerializationMode, StatusCode } from '@aster/rpc-core'
import { type Frame, FrameFlag, type MessageFormat, nextCallId, StreamHeader } from '@aster/rpc-core/protocol'
import type { ServeOptions } from './options.ts'

const OPEN_BRACE = 0x7b

/** How a stream is answered: in the format of its header. */
export function formatOf(frame: Frame | undefined, { codecs, compression }: ServeOptions): MessageFormat {
  const isJson = frame?.payload[0] === OPEN_BRACE
  return { codec: codecOr(codecs, isJson ? SerializationMode.JSON : SerializationMode.XLANG), compression }
}

/** Reads the header of a stream. Throws `INTERNAL` for what is none, as Python does. */
export function readHeader(frame: Frame, { codec }: MessageFormat): StreamHeader {
  if ((frame.flags & FrameFlag.HEADER) === 0 || (frame.flags & FrameFlag.COMPRESSED) !== 0) {
    throw new RpcError(StatusCode.INTERNAL, 'the first frame of a stream must be an uncompressed HEADER')
  }
  try {
    return withCallId(codec.decode(StreamHeader, frame.payload))
  } catch (error) {
    throw new RpcError(StatusCode.INTERNAL, `the stream's header cannot be read: ${RpcError.from(error).message}`, {
      cause: error,
    })
  }
}

/** A call has an id, also where its consumer gave it none: Python gives none to unary calls. */
export function withCallId<H extends { readonly callId: string }>(header: H): H {
  return header.callId === '' ? { ...header, callId: nextCallId() } : header
}

/**
 * How the messages behind the header are written. A typed Python stub writes JSON under mode 0 in a JSON header, so there
 * the header's own format decides; else the mode does.
 */
export function messageFormat(header: StreamHeader, format: MessageFormat, { codecs }: ServeOptions): MessageFormat {
  const mode = header.serializationMode
  if (format.codec.mode === SerializationMode.JSON || format.codec.mode === mode) return format
  const codec = codecs.find((one) => one.mode === mode)
  if (codec !== undefined) return { ...format, codec }
  const known = codecs.map((one) => one.mode).join(', ')
  throw new RpcError(
    StatusCode.INVALID_ARGUMENT,
    `serializationMode ${mode} is not understood here (understood: ${known})`,
  )
}

/** The codec of a mode, or any: an answer that may not be read is better than none. */
function codecOr(codecs: readonly Codec[], mode: SerializationMode): Codec {
  const found = codecs.find((codec) => codec.mode === mode) ?? codecs[0]
  if (found === undefined) throw new RpcError(StatusCode.INTERNAL, 'no codec is configured')
  return found
}
