import type { Type } from './schema/type.ts'

/** How the messages of a stream are serialized. The numbers go over the wire. */
export const SerializationMode = { XLANG: 0, NATIVE: 1, ROW: 2, JSON: 3 } as const
/** One of the numbers of `SerializationMode`. */
export type SerializationMode = (typeof SerializationMode)[keyof typeof SerializationMode]

/**
 * Serializes messages.
 *
 * A codec bounds the number of values in a message, one million by default, in both directions. A codec checks the bound
 * before it allocates anything for the values, whatever the bytes announce.
 */
export interface Codec {
  /** The serialization mode of this codec, which headers name on the wire. */
  readonly mode: SerializationMode
  /**
   * Returns the bytes of a message. Missing fields take their defaults.
   *
   * @throws RpcError `INVALID_ARGUMENT`, naming the path, if the value does not fit the type; `RESOURCE_EXHAUSTED` if it
   *   holds too many values
   */
  encode<T, I>(type: Type<T, I>, value: I, options?: EncodeOptions): Uint8Array
  /**
   * Returns the message in `bytes`, complete with all fields. Any input leads to a message or an `RpcError`. The caller may
   * reuse `bytes` afterwards: the message holds no view of them unless `options.mayView` allows it.
   *
   * @throws RpcError `DATA_LOSS` if the bytes are malformed, `CONTRACT_VIOLATION` if they have another schema,
   *   `RESOURCE_EXHAUSTED` if they hold too many values
   */
  decode<T, I>(type: Type<T, I>, bytes: Uint8Array, options?: DecodeOptions): T
}

/** Options of `Codec.encode`. */
export interface EncodeOptions {
  /**
   * Whether the result may be in memory of `takePiece`, with room for the start of a frame in front of it. The caller
   * writes such bytes once, returns the memory afterwards, and retains no view of it.
   *
   * @default false
   */
  readonly mayLend?: boolean | undefined
}

/** Options of `Codec.decode`. */
export interface DecodeOptions {
  /**
   * Whether the message may hold views of the bytes instead of copies. Set it only if nothing reads, changes or reuses the
   * bytes afterwards. The codec decides for each view whether it is worth the memory that it retains.
   *
   * @default false
   */
  readonly mayView?: boolean | undefined
}
