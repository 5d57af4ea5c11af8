import { RpcError } from '../../rpc-error.ts'
import { StatusCode } from '../../status-code.ts'
import { FRAME_OVERHEAD, type Frame } from './frame.ts'
import { LIMITS } from '../../limits.ts'

const NOTHING = new Uint8Array(0)

/**
 * Takes bytes as they come, gives frames. Does no I/O. A length over the limit is refused before anything is buffered
 * for it, and no more is held than has come. An error stays: `next` throws it again.
 */
export class FrameReader {
  /** What has come and is not read; the first `#at` bytes are. */
  #chunk: Uint8Array = NOTHING
  #at = 0
  /** Chunks behind `#chunk`, while a frame is longer than that. */
  #more: Uint8Array[] = []
  #moreBytes = 0
  readonly #limit: number

  constructor(limit: number = LIMITS.frameLength) {
    this.#limit = limit
  }

  push(bytes: Uint8Array): void {
    if (bytes.length === 0) return
    if (this.#at === this.#chunk.length) {
      this.#chunk = bytes
      this.#at = 0
    } else {
      this.#more.push(bytes)
      this.#moreBytes += bytes.length
    }
  }

  /** The next whole frame; `undefined` while it is not there. Throws `RpcError` for a length that no frame has. */
  next(): Frame | undefined {
    if (!this.#has(FRAME_OVERHEAD - 1)) return undefined
    const [chunk, at] = [this.#chunk, this.#at]
    const length =
      ((chunk[at] ?? 0) | ((chunk[at + 1] ?? 0) << 8) | ((chunk[at + 2] ?? 0) << 16) | ((chunk[at + 3] ?? 0) << 24)) >>>
      0
    if (length === 0)
      throw new RpcError(StatusCode.DATA_LOSS, 'a frame of length 0 arrived: at least 1 (the flags) is expected')
    if (length > this.#limit)
      throw new RpcError(
        StatusCode.RESOURCE_EXHAUSTED,
        `a frame of length ${length} arrived: the limit is ${this.#limit}`,
      )
    const total = FRAME_OVERHEAD - 1 + length
    if (!this.#has(total)) return undefined
    const start = this.#at
    this.#at += total
    return { flags: this.#chunk[start + 4] ?? 0, payload: this.#chunk.subarray(start + FRAME_OVERHEAD, start + total) }
  }

  /** Says that no more comes. Throws `RpcError` where that is in the middle of a frame. */
  end(): void {
    const left = this.buffered
    if (left > 0)
      throw new RpcError(
        StatusCode.DATA_LOSS,
        `the stream ended in the middle of a frame (${left} bytes of it had come)`,
      )
  }

  /** Bytes that have come and belong to no whole frame yet. */
  get buffered(): number {
    return this.#chunk.length - this.#at + this.#moreBytes
  }

  /** Whether `count` bytes are there, in one piece from `#at` on. */
  #has(count: number): boolean {
    const rest = this.#chunk.length - this.#at
    if (rest >= count) return true
    if (rest + this.#moreBytes < count) return false
    const joined = new Uint8Array(rest + this.#moreBytes)
    joined.set(this.#chunk.subarray(this.#at))
    let at = rest
    for (const piece of this.#more) {
      joined.set(piece, at)
      at += piece.length
    }
    this.#chunk = joined
    this.#at = 0
    this.#more = []
    this.#moreBytes = 0
    return true
  }
}
