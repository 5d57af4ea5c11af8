import zlib from 'node:zlib'

/** Zstandard as some library has it. The only file that knows which. */
export interface Engine {
  /** One frame with the content size in its header, and no checksum: the transport authenticates. */
  compress(bytes: Uint8Array, level: number): Uint8Array
  /** Throws anything for broken input, or where the output is longer than `size`. */
  decompress(bytes: Uint8Array, size: number): Uint8Array
}

/** What `node:zlib` has from Node 22.15 and 23.8 on; the types of Node 20 lack it. */
interface NativeZstd {
  zstdCompressSync: (bytes: Uint8Array, options: { params: Record<number, number>; pledgedSrcSize: number }) => Buffer
  zstdDecompressSync: (bytes: Uint8Array, options: { maxOutputLength: number; chunkSize: number }) => Buffer
  constants: { ZSTD_c_compressionLevel: number; ZSTD_c_contentSizeFlag: number }
}

/** A short output of a frame that does not say its size keeps this much alive. */
const MAX_CHUNK = 2 ** 20

export async function loadEngine(): Promise<Engine> {
  return nativeEngine() ?? (await wasmEngine())
}

/** `undefined` where this Node has none. */
export function nativeEngine(): Engine | undefined {
  if (!('zstdCompressSync' in zlib)) return undefined
  const { zstdCompressSync, zstdDecompressSync, constants } = zlib as unknown as NativeZstd
  return {
    compress(bytes, level) {
      const params = { [constants.ZSTD_c_compressionLevel]: level, [constants.ZSTD_c_contentSizeFlag]: 1 }
      return toUint8Array(zstdCompressSync(bytes, { params, pledgedSrcSize: bytes.length }))
    },
    decompress(bytes, size) {
      // In one piece where it can be, which is faster by a third; 0 and less than 64 are refused.
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
