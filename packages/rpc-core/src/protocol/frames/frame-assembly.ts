import { allocate } from '../../values/allocate.ts'
import { returnPiece, takePiece } from './write-piece.ts'

/** The first block of a frame. Each further one is as long as what has come. */
const FIRST_BYTES = 8_192

/**
 * A frame that comes in pieces. The first half of it comes into blocks; the memory for the whole frame is taken when half of
 * it has come, so that a peer has no more memory allocated than twice what it has sent.
 */
export class FrameAssembly {
  /** Bytes of the frame. */
  readonly total: number
  /** Bytes of it that have come. */
  filled = 0
  readonly #blocks: Uint8Array[] = []
  /** What is filled: the last block, or all of the frame. */
  #current: Uint8Array
  #at = 0

  /** @param arrived bytes that are about to be added */
  constructor(total: number, arrived: number) {
    this.total = total
    const isWhole = total <= FIRST_BYTES || arrived * 2 >= total
    this.#current = isWhole ? allocate(total) : takePiece(Math.max(FIRST_BYTES, arrived))
  }

  get missing(): number {
    return this.total - this.filled
  }

  /** Takes what the frame lacks. Returns how many bytes that is. */
  add(bytes: Uint8Array): number {
    const count = Math.min(bytes.length, this.missing)
    for (let from = 0; from < count;) {
      const room = this.room()
      const to = Math.min(count, from + room.length)
      room.set(from === 0 && to === bytes.length ? bytes : bytes.subarray(from, to))
      this.advance(to - from)
      from = to
    }
    return count
  }

  /** Returns memory for the next bytes of the frame, as long as some are missing. `advance` says how many were written to it. */
  room(): Uint8Array {
    if (this.#at === this.#current.length) this.#grow()
    return this.#at === 0 ? this.#current : this.#current.subarray(this.#at)
  }

  advance(count: number): void {
    this.#at += count
    this.filled += count
  }

  /** Returns the frame when all of it has come. It has its memory for itself. */
  take(): Uint8Array {
    return this.#current
  }

  #grow(): void {
    this.#blocks.push(this.#current)
    const { filled } = this
    if (filled * 2 < this.total) {
      this.#current = takePiece(filled)
      this.#at = 0
      return
    }
    const whole = allocate(this.total)
    let at = 0
    for (const block of this.#blocks) {
      whole.set(block, at)
      at += block.length
      returnPiece(block)
    }
    this.#blocks.length = 0
    this.#current = whole
    this.#at = at
  }
}
