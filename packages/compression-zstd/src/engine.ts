import zlib from 'node:zlib'

/** Zstandard of one library. Only this file knows which libraries there are. */
export interface Engine {
  /**
   * Returns one frame with the content size in its header. It has no checksum, since the transport authenticates every byte.
   */
  compress(bytes: Uint8Array, level: number): Uint8Array
  /** Returns the content of a frame. Throws any value if the input is broken, or if the output is longer than `size`. */
  decompress(bytes: Uint8Array, size: number): Uint8Array
}

/** The part of `node:zlib` that exists from Node 22.15 and 23.8 on. The types of Node 20 lack it. */
interface NativeZstd {
  zstdCompressSync: (bytes: Uint8Array, options: { params: Record<number, number>; pledgedSrcSize: number }) => Buffer
  zstdDecompressSync: (bytes: Uint8Array, options: { maxOutputLength: number; chunkSize: number }) => Buffer
  constants: { ZSTD_c_compressionLevel: number; ZSTD_c_contentSizeFlag: number }
}

/** The largest chunk of output. A short output of a frame without a content size keeps one chunk in memory. */
const MAX_CHUNK = 2 ** 20

export async function loadEngine(): Promise<Engine> {
  return nativeEngine() ?? (await wasmEngine())
}

/** Returns the engine of `node:zlib`, or `undefined` if this Node has no zstd. */
export function nativeEngine(): Engine | undefined {
  if (!('zstdCompressSync' in zlib)) return undefined
  const { zstdCompressSync, zstdDecompressSync, constants } = zlib as unknown as NativeZstd
  return {
    compress(bytes, level) {
      const params = { [constants.ZSTD_c_compressionLevel]: level, [constants.ZSTD_c_contentSizeFlag]: 1 }
      return toUint8Array(zstdCompressSync(bytes, { params, pledgedSrcSize: bytes.length }))
    },
    decompress(bytes, size) {
      // One chunk for all of the output is faster by a third; zlib refuses chunks of less than 64 bytes.
      const chunkSize = Math.max(64, Math.min(size, MAX_CHUNK))
      return toUint8Array(zstdDecompressSync(bytes, { maxOutputLength: Math.max(size, 1), chunkSize }))
    },
  }
}

export async function wasmEngine(): Promise<Engine> {
  const wasm = await import('@foxglove/wasm-zstd')
  await wasm.isLoaded
  return {
    compress: (bytes, level) => toUint8Array(wasm.compress(bytes, level)),
    decompress: (bytes, size) => toUint8Array(wasm.decompress(bytes, size)),
  }
}

/** Returns the same bytes without the class `Buffer`, whose `slice` shares memory. */
function toUint8Array(buffer: Buffer): Uint8Array {
  return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.length)
}
