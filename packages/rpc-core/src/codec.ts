import type { Type } from './schema/type.ts'

/** How a stream's messages are written. The numbers go over the wire. */
export const SerializationMode = { XLANG: 0, NATIVE: 1, ROW: 2, JSON: 3 } as const
export type SerializationMode = (typeof SerializationMode)[keyof typeof SerializationMode]

/**
 * Turns messages into bytes and back.
 *
 * `encode` takes what a caller may pass (missing fields take their defaults) and throws `RpcError`
 * (`INVALID_ARGUMENT`, naming the path) for a value that does not fit the type. `decode` is total: any bytes give a full
 * value or an `RpcError` (`DATA_LOSS` for bytes that break the format, `CONTRACT_VIOLATION` for another schema,
 * `RESOURCE_EXHAUSTED` for a message of too many values). The bound on values, a million unless told otherwise, holds for
 * `encode` as well, with the same code; it is met before anything is made for the values, whatever the bytes announce.
 * The bytes given to `decode` may be reused afterwards: the value holds no view of them, unless `mayView` allows it.
 */
export interface Codec {
  readonly mode: SerializationMode
  encode<T, I>(type: Type<T, I>, value: I, options?: EncodeOptions): Uint8Array
  decode<T, I>(type: Type<T, I>, bytes: Uint8Array, options?: DecodeOptions): T
}

export interface EncodeOptions {
  /**
   * Whether the bytes may be in memory of `takePiece`, behind room for the start of a frame: they are written once and given back
   * then, and nothing keeps them. @default false
   */
  readonly mayLend?: boolean | undefined
}

export interface DecodeOptions {
  /**
   * Whether the value may hold views of the bytes rather than copies: nothing changes or reuses them afterwards, and nothing
   * else reads them. A codec decides for each view whether it is worth the memory that it keeps. @default false
   */
  readonly mayView?: boolean | undefined
}
