/** Compresses payloads. */
export interface Compression {
  /** Returns the compressed bytes, which may be longer than `bytes`. */
  compress(bytes: Uint8Array): Uint8Array
  /**
   * Returns the decompressed bytes, at most `maxBytes` whatever the input announces.
   *
   * @throws RpcError `DATA_LOSS` if the input is malformed, `RESOURCE_EXHAUSTED` if the result is longer than `maxBytes`
   */
  decompress(bytes: Uint8Array, maxBytes: number): Uint8Array
  /**
   * Returns the decompressed size that a payload announces, in bytes, or `undefined` if it announces none. The announcement
   * is not verified.
   *
   * @default no payload announces its size
   */
  contentSize?(bytes: Uint8Array): number | undefined
  /**
   * Loads what `decompress` needs. If it returns a promise, the caller awaits it before `decompress`.
   *
   * @default nothing is loaded
   */
  load?(): Promise<void> | undefined
}
