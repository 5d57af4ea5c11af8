import type { RpcError } from '../../rpc-error.ts'
import { type ByteStream, TransportError } from '../../transport.ts'
import type { TimeoutQueue } from '../signals/timeout-queue.ts'
import { FRAME_OVERHEAD, type Frame } from './frame.ts'
import { FrameReader, type FrameRefusal } from './frame-reader.ts'
import { FrameWriter } from './frame-writer.ts'
import { needsReservation, type ReadBudget, type ReadShare } from './read-budget.ts'
import { StatusCode } from '../../status-code.ts'
import type { DrainLimits } from './drain-watch.ts'
import { type DrainListener, type EndingStream, StreamDrain } from './stream-drain.ts'
import type { WriteBudget } from './write-budget.ts'

export interface FrameStreamOptions {
  /** Runs once when writing fails: the peer stopped the stream, or the connection is gone. */
  readonly onFailure?: ((error: unknown) => void) | undefined
  /** Whether the peer has to send a HEADER first. @default false */
  readonly startsWithHeader?: boolean | undefined
  /** The memory for what the peer sends on all streams of the connection: `release` gives back what was read. @default no limit */
  readonly readBudget?: ReadBudget | undefined
  /** The memory for what is sent on all streams of the connection. @default no limit but the stream's own */
  readonly writeBudget?: WriteBudget | undefined
  /** The streams that wait for the rest of a frame. @default they wait for ever */
  readonly stalled?: TimeoutQueue<FrameStream> | undefined
}

/**
 * Frames over a byte stream. What is queued while a write is under way goes out together in the next one; `queue` tells
 * when to wait. Reading happens only when asked for, which is the backpressure in the other direction.
 */
export class FrameStream implements EndingStream {
  readonly #stream: ByteStream
  readonly #reader: FrameReader
  readonly #writer: FrameWriter<FrameStream>
  readonly #share: ReadShare | undefined
  readonly #stalled: TimeoutQueue<FrameStream> | undefined
  readonly #onFailure: ((error: unknown) => void) | undefined
  /** Bytes of the frame that has begun which are reserved. */
  #reserved = 0
  /** Bytes of the frames that were returned and not released, without those that are reserved. */
  #unreleased = 0
  /** What the frames that were returned and not released have reserved. */
  #reservations: Map<Frame, number> | undefined
  /** The read under way, or the one that failed. */
  #reading: Promise<Uint8Array | number | undefined> | undefined
  /** Reading goes on only to find the end. */
  #isDraining = false
  #readFailure: { readonly error: RpcError } | undefined

  constructor(stream: ByteStream, options: FrameStreamOptions = {}) {
    const { onFailure, startsWithHeader, readBudget, writeBudget, stalled } = options
    this.#stream = stream
    this.#reader = new FrameReader({ startsWithHeader })
    this.#writer = new FrameWriter<FrameStream>(this, stream, { onFailure, budget: writeBudget })
    this.#share = readBudget?.share()
    this.#stalled = stalled
    this.#onFailure = onFailure
  }

  /** The next frame; `undefined` at the clean end. Throws `TransportError`, or `RpcError` for bytes that are no frames. */
  async read(): Promise<Frame | undefined> {
    do {
      const frame = this.next()
      if (frame !== undefined) return frame
    } while (await this.fill())
    return undefined
  }

  /** A frame of those that have come: `undefined` where there is none, which is not the end. Throws as `read` does. */
  next(): Frame | undefined {
    const frame = this.#reader.next()
    if (frame !== undefined && this.#share !== undefined) this.#own(frame)
    return frame
  }

  /** Waits for more bytes; false at the clean end. Throws as `read` does. */
  async fill(): Promise<boolean> {
    if (this.#share !== undefined) {
      const room = this.#reserve(this.#share)
      if (room !== undefined) await room
    }
    this.#assertReadable()
    if (this.#isDraining) return false
    const stalled = this.#reader.buffered > 0 ? this.#stalled : undefined
    stalled?.add(this)
    let bytes: Uint8Array | number | undefined
    try {
      this.#reading = this.#read()
      bytes = await this.#reading
      this.#reading = undefined
    } finally {
      stalled?.delete(this)
    }
    this.#assertReadable()
    // `drain` has the bytes.
    if (this.#isDraining) return false
    if (bytes === undefined) this.#reader.end()
    else if (typeof bytes === 'number') this.#reader.advance(bytes)
    else this.#reader.push(bytes)
    this.#share?.hold(this.#looseBytes)
    return bytes !== undefined
  }

  /** Gives back the memory of a frame that was returned and is not needed any more. */
  release(frame: Frame): void {
    if (this.#share === undefined) return
    const reserved = this.#reservations?.get(frame)
    if (reserved === undefined) {
      this.#unreleased -= FRAME_OVERHEAD + frame.payload.length
      this.#share.hold(this.#looseBytes)
    } else {
      this.#reservations?.delete(frame)
      this.#share.release(reserved)
    }
  }

  /** Which limit the frame is over that could not be read, if that is why. */
  get refusal(): FrameRefusal | undefined {
    return this.#reader.refusal
  }

  /** Whether bytes have come that were not returned. */
  get hasUnread(): boolean {
    return this.#reader.buffered > 0
  }

  /** Whether somebody waits for the next frame, so that it has its turn before those that are only read ahead. */
  set isAsked(isAsked: boolean) {
    if (this.#share !== undefined) this.#share.isAsked = isAsked
  }

  /** Bytes that may be read ahead of what somebody waits for. */
  get aheadBytes(): number {
    return this.#share?.aheadBytes ?? Infinity
  }

  /** The bytes of a message at most, in frames that have not begun. @default what fits a frame */
  get messageLimit(): number {
    return this.#reader.messageLimit
  }

  set messageLimit(bytes: number) {
    this.#reader.messageLimit = bytes
  }

  /**
   * Reads to the peer's end and forgets what comes, so that the stream is done with. A peer that goes on beyond `limits` is
   * told to stop, and what is still to be sent to it is abandoned. Called once, also while a read is under way, which ends as
   * at the end of the stream. Never rejects.
   */
  drain(limits?: DrainLimits, listener?: DrainListener): Promise<void> {
    this.#isDraining = true
    this.#reader.clear()
    this.#share?.close()
    this.#reservations = undefined
    return new StreamDrain(this, limits, listener).run()
  }

  async readRest(): Promise<number | undefined> {
    const bytes = await (this.#reading ?? this.#stream.read())
    return typeof bytes === 'object' ? bytes.length : bytes
  }

  get isSending(): boolean {
    return this.#writer.isFlushing
  }

  abandonRest(): void {
    this.#stream.stop(0)
    if (this.isSending) this.#stream.reset(StatusCode.CANCELLED)
  }

  /**
   * Sends a frame as soon as the stream takes it. Gives a promise where the queue is full: wait for it before the next one.
   * Once a write has failed, frames are dropped: see `failure`.
   */
  queue(flags: number, payload: Uint8Array): Promise<void> | undefined {
    return this.#writer.queue(flags, payload)
  }

  /** Returns a promise if the queue is full, as `queue` does, to be asked again when it resolves. */
  whenRoom(): Promise<void> | undefined {
    return this.#writer.whenRoom()
  }

  /** Returns a promise if the only answer of a call has to wait for those of others, to be asked again when it resolves. */
  whenRoomForAnswer(): Promise<void> | undefined {
    return this.#writer.whenRoomForAnswer()
  }

  /** Bytes that are queued or being written. */
  get pendingBytes(): number {
    return this.#writer.pendingBytes
  }

  /** Ends the sending half behind what is queued. Resolves when it is out, or cannot get out. Never rejects: see `failure`. */
  finish(): Promise<void> {
    return this.#writer.finish()
  }

  /** Why writing came to an end before `finish`. */
  get failure(): unknown {
    return this.#writer.failure
  }

  /** Whose time runs while the peer takes no bytes. */
  set unread(queue: TimeoutQueue<FrameStream> | undefined) {
    this.#writer.unread = queue
  }

  /** Abandons both halves. What is queued is dropped. */
  abort(code: number): void {
    this.#writer.fail(new TransportError('reset', 'the stream was abandoned here', { code }))
    this.#share?.close()
    this.#stream.stop(code)
    this.#stream.reset(code)
  }

  /** Abandons both halves, and tells `onFailure` why. */
  cut(error: RpcError): void {
    this.abort(error.code)
    this.#onFailure?.(error)
  }

  /** Abandons the receiving half. */
  stop(code: number): void {
    this.#stream.stop(code)
  }

  /** Abandons the receiving half: reading fails with `error`, also the reading that is under way. */
  failToRead(error: RpcError): void {
    this.#readFailure ??= { error }
    this.#stalled?.delete(this)
    this.#share?.close()
    this.#stream.stop(error.code)
  }

  /** Reads straight to the frame that has begun if the stream can. */
  #read(): Promise<Uint8Array | number | undefined> {
    const stream = this.#stream
    const most = this.#share?.readBytes(this.#reserved > 0 ? this.#reader.missing : 0)
    if (stream.readInto === undefined) return stream.read(most)
    const room = this.#reader.room()
    return room === undefined ? stream.read(most) : stream.readInto(room.subarray(0, most))
  }

  #assertReadable(): void {
    if (this.#readFailure !== undefined) throw this.#readFailure.error
  }

  get #looseBytes(): number {
    return (this.#reserved > 0 ? this.#reader.unassigned : this.#reader.buffered) + this.#unreleased
  }

  /** Counts a frame that is returned. */
  #own(frame: Frame): void {
    if (this.#reserved === 0) {
      this.#unreleased += FRAME_OVERHEAD + frame.payload.length
      return
    }
    this.#reservations ??= new Map()
    this.#reservations.set(frame, this.#reserved)
    this.#reserved = 0
  }

  /** Reserves the memory of a frame that has begun. */
  #reserve(share: ReadShare): Promise<void> | undefined {
    const { begun } = this.#reader
    if (this.#reserved > 0 || !needsReservation(begun)) return undefined
    const reserved = (): void => {
      this.#reserved = begun
      share.hold(this.#looseBytes)
    }
    let room: Promise<void> | undefined
    try {
      room = share.reserve(begun)
    } catch (error) {
      this.#reader.refusal = 'buffer'
      throw error
    }
    if (room !== undefined) return room.then(reserved)
    reserved()
    return undefined
  }
}
