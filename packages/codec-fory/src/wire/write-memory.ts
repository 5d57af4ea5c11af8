import { FRAME_OVERHEAD, returnPiece, takePiece } from '@aster/rpc-core/protocol'
import { allocate } from '@aster/rpc-core/schema'

/**
 * Bytes of a block, into which messages are written one after another: a buffer for each would cost more than most
 * messages.
 */
const BLOCK_SIZE = 16_384
/** Bytes of room below which a block is replaced. */
const LEAST_ROOM = 1024
/** A message that fills less than this part of its borrowed memory is copied instead. */
const LEAST_LENT_PART = 0.4

/** The memory to which messages are written, one after another. One object serves all messages of a codec. */
export class WriteMemory {
  bytes: Uint8Array = new Uint8Array(BLOCK_SIZE)
  view: DataView = new DataView(this.bytes.buffer)
  pos = 0
  /** The position at which the message begins. */
  #start = 0
  #mayLend = false
  /** While `bytes` is memory of `takePiece`: the previous block, and the position in it of the next message. */
  #left: { readonly bytes: Uint8Array; readonly start: number } | undefined

  /**
   * Begins a message after the last one that was taken.
   *
   * @param mayLend whether a long message may be written to borrowed memory, which the receiver of the message returns.
   *   `FRAME_OVERHEAD` bytes before the message are then left free
   */
  start(mayLend = false): void {
    this.#mayLend = mayLend
    // If the last message failed, its borrowed memory has not been returned yet.
    if (this.#left !== undefined) this.#leaveLent(this.#left, true)
    this.pos = this.#start
  }

  /** Returns the message, as a part of the block that later messages do not touch. */
  take(): Uint8Array {
    const { bytes, pos } = this
    const from = this.#start
    if (this.#left !== undefined) {
      // A short message is copied, since it would keep borrowed memory that other messages could use.
      const isShort = pos - from < bytes.length * LEAST_LENT_PART
      const message = isShort ? bytes.slice(from, pos) : bytes.subarray(from, pos)
      this.#leaveLent(this.#left, isShort)
      return message
    }
    this.#start = pos
    const wasteful = bytes.length > BLOCK_SIZE && pos - from < bytes.length * 0.75
    const message = wasteful ? bytes.slice(from, pos) : bytes.subarray(from, pos)
    if (bytes.length > BLOCK_SIZE || bytes.length - pos < LEAST_ROOM) {
      this.#allocate(BLOCK_SIZE)
    }
    return message
  }

  /** Makes room for `count` more bytes. */
  reserve(count: number): void {
    if (this.pos + count > this.bytes.length) this.grow(count)
  }

  grow(count: number): void {
    const written = this.bytes.subarray(this.#start, this.pos)
    const size = Math.max(BLOCK_SIZE, written.length * 2, written.length + count + LEAST_ROOM)
    const wasLent = this.#left !== undefined
    if (this.#mayLend && size > BLOCK_SIZE) this.#borrow(size)
    else this.#allocate(size)
    this.bytes.set(written, this.#start)
    this.pos = this.#start + written.length
    if (wasLent) returnPiece(written)
  }

  /** Moves the message to borrowed memory, which the receiver of the message returns. */
  #borrow(size: number): void {
    this.#left ??= { bytes: this.bytes, start: this.#start }
    this.#use(new Uint8Array(takePiece(FRAME_OVERHEAD + size).buffer), FRAME_OVERHEAD)
  }

  /** Continues with the memory that was in use before `#borrow`. */
  #leaveLent({ bytes, start }: { readonly bytes: Uint8Array; readonly start: number }, isUnused: boolean): void {
    if (isUnused) returnPiece(this.bytes)
    this.#left = undefined
    this.#use(bytes, start)
  }

  #allocate(size: number): void {
    this.#use(allocate(size), 0)
  }

  /** Takes memory with any content, since no byte after `pos` is ever a part of a message. */
  #use(bytes: Uint8Array, start: number): void {
    this.bytes = bytes
    this.view = new DataView(bytes.buffer)
    this.#start = start
  }

  /** Returns the place of the next byte for `setAt`. A position would change when the buffer grows. */
  mark(): number {
    return this.pos - this.#start
  }

  /** Overwrites a byte. */
  setAt(mark: number, byte: number): void {
    this.bytes[this.#start + mark] = byte
  }
}
