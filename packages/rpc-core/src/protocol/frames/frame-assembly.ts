import { allocate } from '../../values/allocate.ts'
import { returnPiece, takePiece } from './write-piece.ts'

/** The size of the first block of a frame, in bytes. Each further block is as long as the bytes that have arrived. */
const FIRST_BYTES = 8_192

/**
 * A frame that arrives in pieces. The first half is read into blocks. When half of the frame has arrived, memory for the
 * whole frame is allocated, so that a peer causes allocations of at most twice the bytes it has sent.
 */
export class FrameAssembly {
  /** The size of the frame, in bytes. */
  readonly total: number
  /** The bytes that have arrived. */
  filled = 0
  readonly #blocks: Uint8Array[] = []
  /** The memory that is being filled: the last block, or the whole frame. */
  #current: Uint8Array
  #at = 0

  /**
   * @param begun the number of bytes that will be added at once
   * @param waiting as in `room`
   */
  constructor(total: number, begun: number, waiting?: number) {
    this.total = total
    const arrived = begun + countOf(waiting)
    const isWhole = total <= FIRST_BYTES || arrived * 2 >= total
    this.#current = isWhole ? allocate(total) : takePiece(Math.max(FIRST_BYTES, arrived))
  }

  /** The bytes that have not arrived. */
  get missing(): number {
    return this.total - this.filled
  }

  /** Adds the bytes that belong to the frame. Returns their number. */
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

  /**
   * Returns memory for the next bytes of the frame. Call it only if bytes are missing, and then call `advance` with the
   * number of bytes written.
   *
   * @param waiting the number of bytes that have arrived and are not added yet, as the transport counts them
   */
  room(waiting?: number): Uint8Array {
    if (this.#at === this.#current.length) this.#grow(countOf(waiting))
    return this.#at === 0 ? this.#current : this.#current.subarray(this.#at)
  }

  /** Counts bytes that were written to `room`. */
  advance(count: number): void {
    this.#at += count
    this.filled += count
  }

  /** Returns the complete frame, which shares its memory with nothing else. */
  take(): Uint8Array {
    return this.#current
  }

  #grow(waiting: number): void {
    this.#blocks.push(this.#current)
    // At least as much as was filled, so that the blocks never reach the size of the frame.
    const come = this.filled + waiting
    if (come * 2 < this.total) {
      this.#current = takePiece(come)
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

/** Returns the count of a transport if it is positive, and 0 otherwise. */
function countOf(waiting: number | undefined): number {
  return waiting !== undefined && waiting > 0 ? waiting : 0
}
