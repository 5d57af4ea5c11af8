/** Shrinks payloads. Throws `RpcError`: `DATA_LOSS` for broken input, `RESOURCE_EXHAUSTED` where the result is over `maxBytes`. */
export interface Compression {
  compress(bytes: Uint8Array): Uint8Array
  /** Never produces more than `maxBytes`, whatever the input claims. */
  decompress(bytes: Uint8Array, maxBytes: number): Uint8Array
  /** Returns how many bytes a payload says it holds, which may be a lie; `undefined` if it does not say. @default none says */
  contentSize?(bytes: Uint8Array): number | undefined
  /** Loads what `decompress` needs: to be awaited before it where it gives a promise. @default there is nothing to load */
  load?(): Promise<void> | undefined
}
