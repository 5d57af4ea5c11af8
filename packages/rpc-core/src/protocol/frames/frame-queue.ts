import { countBytes, encodeFrameStart, encodeStart, FRAME_OVERHEAD, type Frame } from './frame.ts'
import { isPiece, MAX_PIECE_BYTES, returnPiece, takePiece } from './write-piece.ts'

/**
 * Frames are joined into writes of this many bytes, and a write over `MAX_PIECE_BYTES` is split into pieces of this size.
 */
export const WRITE_BYTES = 65_536
/** The shortest payload whose frame is written on its own, in bytes. A shorter frame is joined with others. */
const LEAST_ALONE = 8_192
const NOTHING = new Uint8Array(0)
/**
 * The memory in which small writes are joined, for transports that take them at once. Most do, and none retains the bytes.
 */
const scratch = new Uint8Array(8_192)

/** The frames that wait to be sent, from which the pieces of writes are taken. The base of `FrameWriter`. */
export class FrameQueue {
  /** Whether writes are taken at once. Short pieces may then be in memory that the next short piece of any queue reuses. */
  protected readonly takesAtOnce: boolean
  #frames: Frame[] = []
  /** The rest of the payload of a long frame whose beginning has been taken. */
  #rest: Uint8Array = NOTHING
  /** The bytes that were added and not taken. */
  protected queuedBytes = 0

  constructor(takesAtOnce: boolean) {
    this.takesAtOnce = takesAtOnce
  }

  /** Adds a frame. Returns its size in bytes. */
  protected enqueue(flags: number, payload: Uint8Array): number {
    this.#frames.push({ flags, payload })
    const bytes = FRAME_OVERHEAD + payload.length
    this.queuedBytes += bytes
    return bytes
  }

  /** Whether all frames have been taken completely. */
  protected get isEmpty(): boolean {
    return this.#frames.length === 0 && this.#rest === NOTHING
  }

  /** Whether more than one frame waits whose start has not been taken. */
  protected get hasSeveral(): boolean {
    return this.#frames.length > 1
  }

  /** Drops all frames. */
  protected clear(): void {
    this.#frames = []
    this.#rest = NOTHING
    this.queuedBytes = 0
  }

  /**
   * Returns the bytes of the next write; empty if no frame waits.
   *
   * @throws RpcError if a frame is not valid
   */
  protected takePiece(): Uint8Array {
    const piece = this.#rest === NOTHING ? this.#begin(this.#takeBatch()) : this.#continue()
    this.queuedBytes -= piece.length
    return piece
  }

  /** Returns a piece that no other write reuses: the same one, or a copy. */
  protected ownPiece(piece: Uint8Array): Uint8Array {
    return piece.buffer === scratch.buffer ? piece.slice() : piece
  }

  /** Returns the memory of a piece that has been written. */
  protected returnPiece(piece: Uint8Array): void {
    // The rest of the message may share this memory.
    if (piece.buffer !== this.#rest.buffer) returnPiece(piece)
  }

  /**
   * Joins frames. If the last frame is long, only its beginning is copied; if a frame has room for its start, nothing is
   * copied.
   */
  #begin(frames: readonly Frame[]): Uint8Array {
    const total = countBytes(frames)
    const [first] = frames
    if (first !== undefined && hasRoomForStart(first)) return this.#beginInPlace(first, total)
    if (total <= MAX_PIECE_BYTES) return encodeStart(frames, this.#memory(total))
    const payload = frames[frames.length - 1]?.payload ?? NOTHING
    const size = Math.max(WRITE_BYTES, total - payload.length)
    this.#rest = payload.subarray(size - total)
    return encodeStart(frames, takePiece(size))
  }

  /** Writes the start of a frame in front of its payload. */
  #beginInPlace({ flags, payload }: Frame, total: number): Uint8Array {
    const bytes = new Uint8Array(payload.buffer, payload.byteOffset - FRAME_OVERHEAD, total)
    encodeFrameStart(bytes, 0, flags, payload.length)
    if (total <= MAX_PIECE_BYTES) return bytes
    this.#rest = bytes.subarray(WRITE_BYTES)
    return bytes.subarray(0, WRITE_BYTES)
  }

  #memory(size: number): Uint8Array {
    const isSmall = this.takesAtOnce && size <= scratch.length
    return isSmall ? scratch.subarray(0, size) : takePiece(size)
  }

  #continue(): Uint8Array {
    const rest = this.#rest
    const isLast = rest.length <= WRITE_BYTES
    this.#rest = isLast ? NOTHING : rest.subarray(WRITE_BYTES)
    if (!isLast) return rest.subarray(0, WRITE_BYTES)
    // The last piece is a copy: a write that is stuck in the transport must not retain the whole message.
    const copy = takePiece(rest.length)
    copy.set(rest)
    returnPiece(rest)
    return copy
  }

  #takeBatch(): Frame[] {
    let count = 0
    let bytes = 0
    for (const frame of this.#frames) {
      if (bytes >= WRITE_BYTES) break
      // A frame that is written in place is a write of its own.
      const isAlone = hasRoomForStart(frame)
      if (isAlone && count > 0) break
      bytes += FRAME_OVERHEAD + frame.payload.length
      count++
      if (isAlone) break
    }
    const frames = count === this.#frames.length ? this.#frames : this.#frames.slice(0, count)
    this.#frames = count === this.#frames.length ? [] : this.#frames.slice(count)
    return frames
  }
}

/**
 * Returns whether a payload is in memory that is reused after the write, with room for the start of its frame in front of
 * it: see `encodeMessage`.
 */
function hasRoomForStart({ payload }: Frame): boolean {
  return payload.length >= LEAST_ALONE && payload.byteOffset >= FRAME_OVERHEAD && isPiece(payload)
}
