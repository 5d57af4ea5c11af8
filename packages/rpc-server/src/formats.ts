import { AsterError, type Codec, RpcError, SerializationMode, StatusCode } from '@aster/rpc-core'
import type { Frame, MessageFormat, StreamHeader } from '@aster/rpc-core/protocol'
import type { ServeOptions } from './options.ts'

const OPEN_BRACE = 0x7b

/** The format of the messages on one stream, in both directions. */
export interface StreamFormat extends MessageFormat {
  /** Reads a trailer of the consumer that has another format than the messages. */
  readonly statusCodec: Codec | undefined
}

/** The formats that the producer understands. */
export class StreamFormats {
  readonly #all: readonly StreamFormat[]
  /** The format of the answer if a header cannot be read: XLANG if there is a codec for it (quirk 5 of docs/python-0.1.md). */
  readonly fallback: StreamFormat
  readonly #json: StreamFormat

  /** @throws AsterError if `codecs` is empty */
  constructor({
    codecs,
    compression,
    compressAbove,
    maxMessageBytes,
  }: Pick<ServeOptions, 'codecs' | 'compression' | 'compressAbove' | 'maxMessageBytes'>) {
    const all = codecs.map((codec) => {
      return {
        codec,
        compression,
        compressAbove,
        maxMessageBytes,
        statusCodec: codecs.find((other) => other !== codec),
      }
    })
    const [first] = all
    if (first === undefined) throw new AsterError('serveConnection: expected at least one codec')
    this.#all = all
    // An answer that the consumer may not be able to read is better than no answer.
    this.fallback = this.#find(SerializationMode.XLANG) ?? first
    this.#json = this.#find(SerializationMode.JSON) ?? first
  }

  /** Returns the format of a stream's header. */
  ofHeader(frame: Frame): StreamFormat {
    return frame.payload[0] === OPEN_BRACE ? this.#json : this.fallback
  }

  /**
   * Returns the format of the messages after a header. The mode in the header counts only if the header is not JSON (quirk 6 of
   * docs/python-0.1.md).
   *
   * @throws RpcError `INVALID_ARGUMENT` if there is no codec for the mode
   */
  ofMessages({ serializationMode: mode }: StreamHeader, headerFormat: StreamFormat): StreamFormat {
    const own = headerFormat.codec.mode
    if (own === SerializationMode.JSON || own === mode) return headerFormat
    const format = this.#find(mode)
    if (format !== undefined) return format
    const known = this.#all.map(({ codec }) => codec.mode).join(', ')
    throw new RpcError(
      StatusCode.INVALID_ARGUMENT,
      `serializationMode ${mode} is not understood here (understood: ${known})`,
    )
  }

  #find(mode: number): StreamFormat | undefined {
    return this.#all.find(({ codec }) => codec.mode === mode)
  }
}
