import { type ByteStream, TransportError } from '../../transport.ts'
import { LIMITS } from '../../limits.ts'
import { type BackgroundTask, runInBackground } from '../signals/background.ts'
import type { TimeoutQueue } from '../signals/timeout-queue.ts'
import { countBytes, encodeFrameStart, encodeStart, FRAME_OVERHEAD, type Frame } from './frame.ts'
import type { RoomWaiter, WriteBudget } from './write-budget.ts'
import { isPiece, MAX_PIECE_BYTES, returnPiece, takePiece } from './write-piece.ts'

/**
 * Frames are joined into writes of this many bytes, and a write over `MAX_PIECE_BYTES` is split into pieces of this size.
 */
const WRITE_BYTES = 65_536
/** The shortest payload whose frame is written on its own, in bytes. A shorter frame is joined with others. */
const LEAST_ALONE = 8_192
const NOTHING = new Uint8Array(0)
/**
 * The memory in which small writes are joined, for transports that take them at once. Most do, and none retains the bytes.
 */
const scratch = new Uint8Array(8_192)
const FINISH = { finish: true } as const

/** A promise together with its `resolve`. */
interface Waiting {
  readonly promise: Promise<void>
  readonly resolve: () => void
}

/** Options of `FrameWriter`. */
export interface FrameWriterOptions {
  /**
   * Called once if writing fails: the peer stopped the stream, or the connection is gone.
   *
   * @default failures are not reported
   */
  readonly onFailure?: ((error: unknown) => void) | undefined
  /**
   * The memory for all streams of the connection.
   *
   * @default only the limit of the stream applies
   */
  readonly budget?: WriteBudget | undefined
}

/** The sending half of a stream of frames. */
export class FrameWriter<Owner = unknown> implements RoomWaiter, BackgroundTask {
  readonly #owner: Owner
  #unread: TimeoutQueue<Owner> | undefined
  readonly #stream: ByteStream
  readonly #onFailure: ((error: unknown) => void) | undefined
  readonly #budget: WriteBudget | undefined
  /** Whether each write of the stream takes a promise. */
  readonly #isSlow: boolean
  #queued: Frame[] = []
  /** The rest of the payload of a long frame whose beginning has been written. */
  #unwritten: Uint8Array = NOTHING
  #queuedBytes = 0
  /** The bytes of the pending write. */
  #writingBytes = 0
  #finishing = false
  /** Whether a write or a finish is pending. */
  #isWriting = false
  #isOver = false
  /** Whether the queued frames will be sent after this microtask. */
  #isScheduled = false
  #finished: Waiting | undefined
  #failure: { readonly error: unknown } | undefined
  #room: Waiting | undefined
  /** Whether a response that may borrow room waits for it. */
  #waitsToAnswer = false

  constructor(owner: Owner, stream: ByteStream, { onFailure, budget }: FrameWriterOptions = {}) {
    this.#owner = owner
    this.#stream = stream
    this.#onFailure = onFailure
    this.#budget = budget
    this.#isSlow = stream.tryWrite === undefined
  }

  /** Whether frames or the end have not been sent yet. */
  get isFlushing(): boolean {
    return this.#isWriting || this.#isScheduled
  }

  /** The timeout that runs while the peer takes no bytes. */
  set unread(queue: TimeoutQueue<Owner> | undefined) {
    if (queue === this.#unread) return
    this.#unread?.delete(this.#owner)
    this.#unread = queue
    if (this.#writingBytes > 0) queue?.add(this.#owner)
  }

  queue(flags: number, payload: Uint8Array): Promise<void> | undefined {
    if (this.#failure !== undefined) return undefined
    this.add(flags, payload)
    // Frames that are queued in the same turn are sent together.
    if (!this.#isWriting && !this.#isScheduled) {
      this.#isScheduled = true
      runInBackground(this)
    }
    return this.whenRoom()
  }

  /** Queues a frame that is sent with the next one or with `finish`. One of these calls must follow within this turn. */
  add(flags: number, payload: Uint8Array): void {
    if (this.#failure !== undefined) return
    if (this.#finishing) throw new TransportError('misuse', 'a frame was queued after the end of the stream')
    this.#queued.push({ flags, payload })
    const bytes = FRAME_OVERHEAD + payload.length
    this.#queuedBytes += bytes
    this.#budget?.add(bytes)
  }

  whenRoom(): Promise<void> | undefined {
    return this.#failure !== undefined || this.#hasOwnRoom ? undefined : this.#waitForRoom()
  }

  whenRoomForAnswer(): Promise<void> | undefined {
    if (this.#failure !== undefined || this.#budget?.isFull !== true) return undefined
    if (this.#budget.mayBorrow(this)) {
      this.#budget.borrow(this)
      return undefined
    }
    this.#waitsToAnswer = true
    return this.#waitForRoom()
  }

  finish(): Promise<void> | undefined {
    this.#finishing = true
    if (!this.#isWriting && !this.#isOver) this.flush()
    if (this.#isOver) return undefined
    this.#finished ??= createWaiting()
    return this.#finished.promise
  }

  run(): void {
    if (this.#isScheduled) this.flush()
  }

  /** Writes the queued frames, unless a write is pending, which continues with them. */
  flush(): void {
    this.#isScheduled = false
    if (this.#isWriting) return
    while (this.#failure === undefined) {
      let bytes: Uint8Array
      try {
        bytes = this.#takePiece()
      } catch (error) {
        this.#failOnce(error)
        break
      }
      const isLast = this.#finishing && this.#queued.length === 0 && this.#unwritten === NOTHING
      if (bytes.length === 0 && !isLast) break
      const options = isLast ? FINISH : undefined
      if (bytes.length === 0 || this.#stream.tryWrite?.(bytes, options) !== true) {
        // The next write of any stream reuses `scratch`.
        void this.#write(bytes.buffer === scratch.buffer ? bytes.slice() : bytes, options)
        return
      }
      this.#noteWritten(bytes)
      if (isLast) break
    }
    this.#pause()
  }

  get failure(): unknown {
    return this.#failure?.error
  }

  /** The bytes that are queued or being written. */
  get pendingBytes(): number {
    return this.#queuedBytes + this.#writingBytes
  }

  get hasRoom(): boolean {
    if (this.#waitsToAnswer) return this.#budget?.isFull !== true || this.#budget.mayBorrow(this)
    return this.#hasOwnRoom
  }

  proceed(): void {
    this.#releaseRoom()
  }

  /** Drops all queued and later frames. */
  fail(error: unknown): void {
    this.#failure ??= { error }
    this.#budget?.add(-this.pendingBytes)
    this.#queued = []
    this.#unwritten = NOTHING
    this.#queuedBytes = this.#writingBytes = 0
    this.#unread?.delete(this.#owner)
    this.#releaseRoom()
    this.#budget?.giveBack(this)
  }

  get #hasOwnRoom(): boolean {
    const budget = this.#budget
    if (budget === undefined) return this.#queuedBytes < this.#mostQueuedBytes
    if (this.#queuedBytes + this.#writingBytes === 0) return !budget.isFull
    return this.#queuedBytes < this.#mostQueuedBytes && this.#queuedBytes <= budget.streamBytes
  }

  /**
   * The bytes from which on the sender waits. Over a slow stream, the sender of short frames lets the event loop run for
   * each write: the peer would else have nothing to do until the whole queue is full.
   */
  get #mostQueuedBytes(): number {
    return this.#isSlow && this.#queued.length > 1 ? WRITE_BYTES : LIMITS.queuedBytes
  }

  /**
   * Writes bytes that the transport does not take at once, or ends the half. Then continues with the frames that were
   * queued meanwhile.
   */
  async #write(bytes: Uint8Array, options: { readonly finish: true } | undefined): Promise<void> {
    this.#isWriting = true
    try {
      if (bytes.length === 0) await this.#stream.finish()
      else {
        this.#unread?.add(this.#owner)
        await this.#stream.write(bytes, options)
        this.#unread?.delete(this.#owner)
        this.#noteWritten(bytes)
      }
    } catch (error) {
      this.#failOnce(error)
    }
    this.#isWriting = false
    if (options === undefined) this.flush()
    else this.#pause()
  }

  #noteWritten(bytes: Uint8Array): void {
    // The rest of the message may share this memory.
    if (bytes.buffer !== this.#unwritten.buffer) returnPiece(bytes)
    this.#budget?.add(-this.#writingBytes)
    this.#writingBytes = 0
  }

  #failOnce(error: unknown): void {
    const isFirst = this.#failure === undefined
    this.fail(error)
    if (isFirst) this.#onFailure?.(error)
  }

  /** Called when there is nothing to write for now, or ever. */
  #pause(): void {
    if (this.#finishing) {
      this.#isOver = true
      this.#finished?.resolve()
    }
    this.#releaseRoom()
    this.#budget?.giveBack(this)
  }

  /** Returns the bytes of the next write; empty if nothing is queued. */
  #takePiece(): Uint8Array {
    const piece = this.#unwritten === NOTHING ? this.#begin(this.#takeBatch()) : this.#continue()
    this.#queuedBytes -= piece.length
    this.#writingBytes = piece.length
    if (this.#room !== undefined && this.#hasOwnRoom) this.#releaseRoom()
    return piece
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
    this.#unwritten = payload.subarray(size - total)
    return encodeStart(frames, takePiece(size))
  }

  /** Writes the start of a frame in front of its payload. */
  #beginInPlace({ flags, payload }: Frame, total: number): Uint8Array {
    const bytes = new Uint8Array(payload.buffer, payload.byteOffset - FRAME_OVERHEAD, total)
    encodeFrameStart(bytes, 0, flags, payload.length)
    if (total <= MAX_PIECE_BYTES) return bytes
    this.#unwritten = bytes.subarray(WRITE_BYTES)
    return bytes.subarray(0, WRITE_BYTES)
  }

  #memory(size: number): Uint8Array {
    const isSmall = size <= scratch.length && this.#stream.tryWrite !== undefined
    return isSmall ? scratch.subarray(0, size) : takePiece(size)
  }

  #continue(): Uint8Array {
    const rest = this.#unwritten
    const isLast = rest.length <= WRITE_BYTES
    this.#unwritten = isLast ? NOTHING : rest.subarray(WRITE_BYTES)
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
    for (const frame of this.#queued) {
      if (bytes >= WRITE_BYTES) break
      // A frame that is written in place is a write of its own.
      const isAlone = hasRoomForStart(frame)
      if (isAlone && count > 0) break
      bytes += FRAME_OVERHEAD + frame.payload.length
      count++
      if (isAlone) break
    }
    const frames = count === this.#queued.length ? this.#queued : this.#queued.slice(0, count)
    this.#queued = count === this.#queued.length ? [] : this.#queued.slice(count)
    return frames
  }

  #waitForRoom(): Promise<void> {
    this.#budget?.wait(this)
    this.#room ??= createWaiting()
    return this.#room.promise
  }

  #releaseRoom(): void {
    if (this.#room === undefined) return
    this.#room.resolve()
    this.#room = undefined
    this.#waitsToAnswer = false
    this.#budget?.leave(this)
  }
}

/**
 * Returns whether a payload is in memory that is reused after the write, with room for the start of its frame in front of
 * it: see `encodeMessage`.
 */
function hasRoomForStart({ payload }: Frame): boolean {
  return payload.length >= LEAST_ALONE && payload.byteOffset >= FRAME_OVERHEAD && isPiece(payload)
}

function createWaiting(): Waiting {
  let resolve = (): void => {}
  const promise = new Promise<void>((done) => (resolve = done))
  return { promise, resolve }
}
