import { RpcError } from '../../rpc-error.ts'
import { StatusCode } from '../../status-code.ts'
import { FRAME_OVERHEAD, type Frame, FrameFlag } from './frame.ts'
import { FrameAssembly } from './frame-assembly.ts'
import { LIMITS } from '../../limits.ts'

const NOTHING = new Uint8Array(0)
/** A frame from which on the next one is expected to be long. */
const LONG_FRAME = 32_768
/** The bytes of the first read of a stream: the frames before a long one are mostly shorter. */
const FIRST_READ = 1_024
const CONTROL_FLAGS = FrameFlag.HEADER | FrameFlag.CALL | FrameFlag.CANCEL

/** Options of `FrameReader`. */
export interface FrameReaderOptions {
  /**
   * The largest payload of a data frame, in bytes.
   *
   * @default the largest payload of a frame
   */
  readonly messageLimit?: number | undefined
  /**
   * Whether the first frame must be a HEADER. The limit of a HEADER then applies to it, whatever its flags.
   *
   * @default false
   */
  readonly startsWithHeader?: boolean | undefined
}

/** The limit that a frame exceeds: the limit of the first frame, CALL and CANCEL; of messages; or of the connection. */
export type FrameRefusal = 'header' | 'message' | 'buffer'

/**
 * Splits bytes into frames. Does no I/O. A frame that exceeds a limit is rejected before anything is allocated for it, and
 * the reader holds at most twice the bytes that have arrived. An error is permanent: `next` throws it again.
 */
export class FrameReader {
  /** The largest payload of a data frame, in bytes. A change applies to frames that have not begun. */
  messageLimit: number
  /** The limit that the last frame exceeded, if the frame was rejected for its length. */
  refusal: FrameRefusal | undefined
  /** Bytes that belong to no frame that has begun. The first `#at` of them have been read. */
  #chunk: Uint8Array = NOTHING
  #at = 0
  /** The bytes that have arrived and were not added yet, if their number is known. Memory for a frame is allocated for them. */
  waiting: number | undefined
  /** The frame that has begun; `undefined` between frames. */
  #frame: FrameAssembly | undefined
  /** The size of the last frame that was returned, in bytes. */
  #lastTotal = 0
  #isFirst: boolean

  constructor({ messageLimit = LIMITS.frameLength - 1, startsWithHeader = false }: FrameReaderOptions = {}) {
    this.messageLimit = messageLimit
    this.#isFirst = startsWithHeader
  }

  /** Adds bytes that have arrived. */
  push(bytes: Uint8Array): void {
    const rest = this.#frame === undefined ? bytes : bytes.subarray(this.#frame.add(bytes))
    if (rest.length === 0) return
    if (this.#at === this.#chunk.length) this.#chunk = rest
    else {
      const joined = new Uint8Array(this.#chunk.length - this.#at + rest.length)
      joined.set(this.#chunk.subarray(this.#at))
      joined.set(rest, this.#chunk.length - this.#at)
      this.#chunk = joined
    }
    this.#at = 0
  }

  /**
   * Returns the next complete frame; `undefined` until it has arrived.
   *
   * @throws RpcError `DATA_LOSS` if its length is 0, `RESOURCE_EXHAUSTED` if its length exceeds a limit
   */
  next(): Frame | undefined {
    if (this.#frame !== undefined) return this.#frame.missing > 0 ? undefined : this.#takeFrame(this.#frame)
    const chunk = this.#chunk
    const at = this.#at
    const arrived = chunk.length - at
    if (arrived < FRAME_OVERHEAD - 1) return undefined
    const length = lengthAt(chunk, at)
    this.#assertLength(length)
    if (arrived < FRAME_OVERHEAD) return undefined
    const flags = chunk[at + 4] ?? 0
    this.#assertFits(length, flags)
    const total = FRAME_OVERHEAD - 1 + length
    if (arrived < total) {
      this.#begin(total)
      return undefined
    }
    this.#isFirst = false
    this.#lastTotal = total
    this.#at += total
    // An empty view would retain the memory of the read bytes until more bytes arrive.
    if (this.#at === chunk.length) this.clear()
    return { flags, payload: chunk.subarray(at + FRAME_OVERHEAD, at + total) }
  }

  /**
   * Returns memory for the next bytes if they belong to a frame that has begun, or else `undefined`. Call `advance` with
   * the number of bytes read into it.
   */
  room(): Uint8Array | undefined {
    return this.missing > 0 ? this.#frame?.room(this.waiting) : undefined
  }

  /**
   * How many bytes of a frame that has not begun are worth reading at a time; `undefined` for any. Long frames follow each other.
   * If it is known how much of the next one waits, its beginning is enough to have the rest read straight to memory of its
   * own, where a value may keep a view of it; otherwise half of the frame is.
   */
  get startBytes(): number | undefined {
    const last = this.#lastTotal
    if (this.waiting === undefined) return last < LONG_FRAME ? undefined : (last + 1) >> 1
    if (last >= LONG_FRAME) return FRAME_OVERHEAD
    return last === 0 && this.waiting >= LONG_FRAME ? FIRST_READ : undefined
  }

  /** Counts bytes that were read into the memory of `room`. */
  advance(count: number): void {
    this.#frame?.advance(count)
  }

  /**
   * Ends the input.
   *
   * @throws RpcError `DATA_LOSS` if a frame is incomplete
   */
  end(): void {
    const left = this.buffered
    if (left > 0)
      throw new RpcError(
        StatusCode.DATA_LOSS,
        `the stream ended in the middle of a frame (${left} bytes of it had come)`,
      )
  }

  /** Drops all bytes. */
  clear(): void {
    this.#chunk = NOTHING
    this.#at = 0
    this.#frame = undefined
  }

  /** The number of bytes that have arrived and were not returned in frames. */
  get buffered(): number {
    return this.unassigned + (this.#frame?.filled ?? 0)
  }

  /** The number of buffered bytes that belong to no frame that has begun. */
  get unassigned(): number {
    return this.#chunk.length - this.#at
  }

  /** The size of the frame that has begun, in bytes, complete or not; 0 if its length is not known. */
  get begun(): number {
    return this.#frame?.total ?? 0
  }

  /** The number of bytes of the current frame that have not arrived; 0 between frames. */
  get missing(): number {
    return this.#frame?.missing ?? 0
  }

  #assertLength(length: number): void {
    if (length === 0)
      throw new RpcError(StatusCode.DATA_LOSS, 'a frame of length 0 arrived: at least 1 (the flags) is expected')
    if (length > LIMITS.frameLength) {
      this.refusal = this.#isFirst ? 'header' : 'message'
      throw new RpcError(
        // Quirk 7 of docs/python-0.1.md.
        this.#isFirst ? StatusCode.INTERNAL : StatusCode.RESOURCE_EXHAUSTED,
        `a frame of length ${length} arrived: the limit is ${LIMITS.frameLength}`,
      )
    }
    if (this.#isFirst && length > LIMITS.controlFrame) throw this.#controlError(length)
  }

  #assertFits(length: number, flags: number): void {
    if (length > LIMITS.controlFrame && (flags & CONTROL_FLAGS) !== 0) throw this.#controlError(length)
    if (length - 1 <= this.messageLimit) return
    // A status must be readable even if the limit for messages is small.
    if ((flags & FrameFlag.TRAILER) !== 0 && length <= LIMITS.controlFrame) return
    if ((flags & CONTROL_FLAGS) !== 0) return
    this.refusal = 'message'
    throw new RpcError(
      StatusCode.RESOURCE_EXHAUSTED,
      `a message of ${length - 1} bytes arrived: the limit is ${this.messageLimit} (maxMessageBytes)`,
    )
  }

  #controlError(length: number): RpcError {
    this.refusal = 'header'
    const what = this.#isFirst ? 'a stream that begins with a frame' : 'a HEADER, CALL or CANCEL frame'
    return new RpcError(
      StatusCode.RESOURCE_EXHAUSTED,
      `${what} of length ${length} arrived: the limit is ${LIMITS.controlFrame}`,
    )
  }

  #begin(total: number): void {
    const arrived = this.#chunk.subarray(this.#at)
    this.#chunk = NOTHING
    this.#at = 0
    this.#frame = new FrameAssembly(total, arrived.length, this.waiting)
    this.#frame.add(arrived)
  }

  #takeFrame(frame: FrameAssembly): Frame {
    const bytes = frame.take()
    this.#frame = undefined
    this.#lastTotal = bytes.length
    this.#isFirst = false
    return { flags: bytes[4] ?? 0, payload: bytes.subarray(FRAME_OVERHEAD) }
  }
}

function lengthAt(bytes: Uint8Array, at: number): number {
  return (
    ((bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16) | ((bytes[at + 3] ?? 0) << 24)) >>> 0
  )
}
