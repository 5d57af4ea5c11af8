import { AsterError, type Compression, RpcError, StatusCode } from '@aster/rpc-core'
import { type Engine, loadEngine } from './engine.ts'
import { readContentSize, readFrame } from './frame.ts'

/** Options of `createZstd` and `lazyZstd`. */
export interface ZstdOptions {
  /**
   * The compression level, from 1 (fast) to 22 (small).
   *
   * @default 3
   */
  level?: number
}

/**
 * The most bytes of a payload before compression or after decompression, even if the caller allows more: WebAssembly has
 * 2 GiB of memory, and writes to wrong addresses when that is used up.
 */
const MAX_BYTES = 2 ** 28

/**
 * The most output bytes for each byte of the payload, beyond `FREE_BYTES`. This is the ratio of a run of one byte, of which
 * four bytes make a block of 128 KiB. At Python's level, 16 MiB of zeros reach 31,596 to one, so a bound below that
 * would refuse legal payloads.
 */
const MAX_RATIO = 32_768
/** Output up to this many bytes is allowed at any ratio. */
const FREE_BYTES = 2 ** 20

/**
 * Loads zstd and resolves with a `Compression` that uses `node:zlib` if that has zstd, else WebAssembly. Each payload is one zstd
 * frame with its content size, which Python peers need. See quirk 41 of docs/python-0.1.md.
 *
 * @throws AsterError if the level is not an integer from 1 to 22
 * @throws the error of the module if WebAssembly cannot be loaded
 */
export async function createZstd(options: ZstdOptions = {}): Promise<Compression> {
  const level = expectLevel('createZstd', options)
  return zstdWithEngine(await loadEngine(), level)
}

/**
 * Returns the level of the options.
 *
 * @throws AsterError if the level is not an integer from 1 to 22
 */
export function expectLevel(what: string, { level = 3 }: ZstdOptions): number {
  if (Number.isInteger(level) && level >= 1 && level <= 22) return level
  throw new AsterError(`${what}: expected level as an integer from 1 to 22, found ${String(level)}`)
}

/**
 * Returns an engine with the rules of the protocol: a payload is exactly one frame, and output over a limit is refused before
 * it is made.
 */
export function zstdWithEngine(engine: Engine, level: number): Compression {
  return {
    compress(bytes) {
      if (bytes.length <= MAX_BYTES) return engine.compress(bytes, level)
      throw new RpcError(
        StatusCode.RESOURCE_EXHAUSTED,
        `a payload of ${bytes.length} bytes is too long to compress: at most ${MAX_BYTES}`,
      )
    },
    contentSize: readContentSize,
    decompress(bytes, maxBytes) {
      const limit = Math.min(maxBytes, MAX_BYTES)
      const { contentSize, bound } = readFrame(bytes)
      if (contentSize !== undefined && contentSize > limit) {
        throw new RpcError(
          StatusCode.RESOURCE_EXHAUSTED,
          `a compressed payload holds ${contentSize} bytes: the limit is ${limit}`,
        )
      }
      if (contentSize !== undefined && contentSize > bound) {
        throw new RpcError(
          StatusCode.DATA_LOSS,
          `broken zstd: the frame says ${contentSize} bytes, its blocks hold at most ${bound}`,
        )
      }
      if (contentSize !== undefined && contentSize > Math.max(FREE_BYTES, bytes.length * MAX_RATIO)) {
        throw new RpcError(
          StatusCode.RESOURCE_EXHAUSTED,
          `a compressed payload of ${bytes.length} bytes holds ${contentSize}: beyond ${FREE_BYTES} bytes the limit is ${MAX_RATIO} to one`,
        )
      }
      let output: Uint8Array
      try {
        output = engine.decompress(bytes, contentSize ?? Math.min(bound, limit))
      } catch (cause) {
        // Engines tell a broken payload from a long one in different ways, or not at all.
        if (contentSize === undefined && bound > limit) {
          throw new RpcError(
            StatusCode.RESOURCE_EXHAUSTED,
            `a compressed payload holds more than ${limit} bytes, or is broken`,
            { cause },
          )
        }
        throw new RpcError(StatusCode.DATA_LOSS, 'broken zstd: the payload cannot be decompressed', { cause })
      }
      if (contentSize !== undefined && output.length !== contentSize) {
        throw new RpcError(
          StatusCode.DATA_LOSS,
          `broken zstd: the frame says ${contentSize} bytes and holds ${output.length}`,
        )
      }
      return output
    },
  }
}
