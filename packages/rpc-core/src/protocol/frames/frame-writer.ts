import { type ByteStream, TransportError } from '../../transport.ts'
import { LIMITS } from '../../limits.ts'
import type { TimeoutQueue } from '../signals/timeout-queue.ts'
import { countBytes, encodeStart, FRAME_OVERHEAD, type Frame } from './frame.ts'
import type { RoomWaiter, WriteBudget } from './write-budget.ts'
import { MAX_PIECE_BYTES, returnPiece, takePiece } from './write-piece.ts'

/** Frames of one write are joined up to this many bytes, and writes over `MAX_PIECE_BYTES` are cut into pieces of it. */
const WRITE_BYTES = 65_536
const NOTHING = new Uint8Array(0)

export interface FrameWriterOptions {
  /** Runs once when writing fails: the peer stopped the stream, or the connection is gone. */
  readonly onFailure?: ((error: unknown) => void) | undefined
  /** The memory for all streams of the connection. @default none but the stream's own */
  readonly budget?: WriteBudget | undefined
}

/** The sending half of a stream of frames. */
export class FrameWriter<Owner = unknown> implements RoomWaiter {
  readonly #owner: Owner
  #unread: TimeoutQueue<Owner> | undefined
  readonly #stream: ByteStream
  readonly #onFailure: ((error: unknown) => void) | undefined
  readonly #budget: WriteBudget | undefined
  #queued: Frame[] = []
  /** What is left of the payload of a long frame, whose beginning has been written. */
  #rest: Uint8Array = NOTHING
  #queuedBytes = 0
  /** Bytes that the transport has and may not have taken. */
  #writingBytes = 0
  #finishing = false
  #flushing: Promise<void> | undefined
  #failure: { readonly error: unknown } | undefined
  #room: { readonly promise: Promise<void>; readonly resolve: () => void } | undefined
  /** Whether an answer waits for room, which may borrow it. */
  #waitsToAnswer = false

  constructor(owner: Owner, stream: ByteStream, { onFailure, budget }: FrameWriterOptions = {}) {
    this.#owner = owner
    this.#stream = stream
    this.#onFailure = onFailure
    this.#budget = budget
  }

  /** Whether something is still to be written, or the end. */
  get isFlushing(): boolean {
    return this.#flushing !== undefined
  }

  /** Whose time runs while the peer takes no bytes. */
  set unread(queue: TimeoutQueue<Owner> | undefined) {
    if (queue === this.#unread) return
    this.#unread?.delete(this.#owner)
    this.#unread = queue
    if (this.#writingBytes > 0) queue?.add(this.#owner)
  }

  queue(flags: number, payload: Uint8Array): Promise<void> | undefined {
    if (this.#failure !== undefined) return undefined
    if (this.#finishing) throw new TransportError('misuse', 'a frame was queued after the end of the stream')
    this.#queued.push({ flags, payload })
    const bytes = FRAME_OVERHEAD + payload.length
    this.#queuedBytes += bytes
    this.#budget?.add(bytes)
    this.#flushing ??= this.#flush()
    return this.whenRoom()
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

  async finish(): Promise<void> {
    this.#finishing = true
    this.#flushing ??= this.#flush()
    await this.#flushing
  }

  get failure(): unknown {
    return this.#failure?.error
  }

  /** Bytes that are queued or being written. */
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

  /** Drops what is queued, and what will be. */
  fail(error: unknown): void {
    this.#failure ??= { error }
    this.#budget?.add(-this.pendingBytes)
    this.#queued = []
    this.#rest = NOTHING
    this.#queuedBytes = this.#writingBytes = 0
    this.#unread?.delete(this.#owner)
    this.#releaseRoom()
    this.#budget?.giveBack(this)
  }

  get #hasOwnRoom(): boolean {
    const budget = this.#budget
    if (budget === undefined) return this.#queuedBytes < LIMITS.queuedBytes
    if (this.#queuedBytes + this.#writingBytes === 0) return !budget.isFull
    return this.#queuedBytes < LIMITS.queuedBytes && this.#queuedBytes <= budget.streamBytes
  }

  async #flush(): Promise<void> {
    // One turn of the microtask queue: what is queued in the same turn goes out together.
    await Promise.resolve()
    try {
      while (this.#failure === undefined) {
        const bytes = this.#takePiece()
        const last = this.#finishing && this.#queued.length === 0 && this.#rest === NOTHING
        if (bytes.length === 0) {
          if (last) await this.#stream.finish()
          break
        }
        this.#unread?.add(this.#owner)
        await this.#stream.write(bytes, last ? { finish: true } : undefined)
        returnPiece(bytes)
        this.#unread?.delete(this.#owner)
        this.#budget?.add(-this.#writingBytes)
        this.#writingBytes = 0
        if (last) break
      }
    } catch (error) {
      const first = this.#failure === undefined
      this.fail(error)
      if (first) this.#onFailure?.(error)
    }
    this.#flushing = undefined
    this.#releaseRoom()
    this.#budget?.giveBack(this)
  }

  /** Returns the bytes of the next write: none if nothing is queued. */
  #takePiece(): Uint8Array {
    const piece = this.#rest === NOTHING ? this.#begin(this.#takeBatch()) : this.#continue()
    this.#queuedBytes -= piece.length
    this.#writingBytes = piece.length
    if (this.#room !== undefined && this.#hasOwnRoom) this.#releaseRoom()
    return piece
  }

  /** Joins frames. Only the beginning of a long one, which is the last, is copied. */
  #begin(frames: readonly Frame[]): Uint8Array {
    const total = countBytes(frames)
    if (total <= MAX_PIECE_BYTES) return encodeStart(frames, takePiece(total))
    const payload = frames[frames.length - 1]?.payload ?? NOTHING
    const size = Math.max(WRITE_BYTES, total - payload.length)
    this.#rest = payload.subarray(size - total)
    return encodeStart(frames, takePiece(size))
  }

  #continue(): Uint8Array {
    const rest = this.#rest
    const isLast = rest.length <= WRITE_BYTES
    this.#rest = isLast ? NOTHING : rest.subarray(WRITE_BYTES)
    if (!isLast) return rest.subarray(0, WRITE_BYTES)
    // The last piece is a copy: a write that gets stuck in the transport must not keep the whole message.
    const copy = takePiece(rest.length)
    copy.set(rest)
    return copy
  }

  #takeBatch(): Frame[] {
    let count = 0
    let bytes = 0
    while (count < this.#queued.length && bytes < WRITE_BYTES) {
      bytes += FRAME_OVERHEAD + (this.#queued[count]?.payload.length ?? 0)
      count++
    }
    const frames = count === this.#queued.length ? this.#queued : this.#queued.slice(0, count)
    this.#queued = count === this.#queued.length ? [] : this.#queued.slice(count)
    return frames
  }

  #waitForRoom(): Promise<void> {
    this.#budget?.wait(this)
    if (this.#room === undefined) {
      let resolve = (): void => {}
      const promise = new Promise<void>((done) => (resolve = done))
      this.#room = { promise, resolve }
    }
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
