import { AsterError, type Compression, RpcError, StatusCode } from '@aster/rpc-core'
import { type Engine, loadEngine } from './engine.ts'
import { readContentSize, readFrame } from './frame.ts'

export interface ZstdOptions {
  /** 1 (fast) to 22 (small). @default 3 */
  level?: number
}

/** The longest payload, whatever the caller allows: WebAssembly has 2 GiB, and writes anywhere once they are used up. */
const MAX_BYTES = 2 ** 28

/**
 * The most bytes that come out of one byte that goes in, beyond `FREE_BYTES`: what the format has for a run of one byte (four
 * bytes make a block of 128 KiB). 16 MiB of zeros, which Python sends, come to 31,596 to one at its level, so no smaller bound
 * would let them pass.
 */
const MAX_RATIO = 32_768
const FREE_BYTES = 2 ** 20

/**
 * Loads an engine. Every payload is one zstd frame with its content size (quirk 41 of docs/python-0.1.md).
 *
 * @throws AsterError for a level that is none
 */
export async function createZstd(options: ZstdOptions = {}): Promise<Compression> {
  const level = expectLevel('createZstd', options)
  return zstdWithEngine(await loadEngine(), level)
}

/** @throws AsterError unless the level is an integer from 1 to 22 */
export function expectLevel(what: string, { level = 3 }: ZstdOptions): number {
  if (Number.isInteger(level) && level >= 1 && level <= 22) return level
  throw new AsterError(`${what}: expected level as an integer from 1 to 22, found ${String(level)}`)
}

/** Adds the rules of the protocol to an engine: exactly one frame, and no output beyond what is allowed before it is made. */
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
        // Engines tell "broken" from "too long" in different ways, or not at all.
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
