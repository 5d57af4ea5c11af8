import type { RpcError } from '../../rpc-error.ts'
import { type ByteStream, type ReadWaiter, TransportError } from '../../transport.ts'
import type { TimeoutQueue } from '../signals/timeout-queue.ts'
import type { Frame } from './frame.ts'
import { FrameMemory } from './frame-memory.ts'
import { FrameReader, type FrameRefusal } from './frame-reader.ts'
import { FrameWriter } from './frame-writer.ts'
import { PolledStream } from './polled-stream.ts'
import type { ReadBudget } from './read-budget.ts'
import { StatusCode } from '../../status-code.ts'
import type { DrainLimits } from './drain-watch.ts'
import { type DrainListener, type EndingStream, StreamDrain } from './stream-drain.ts'
import type { WriteBudget } from './write-budget.ts'

const WAITING = Symbol('waiting')

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
export class FrameStream implements EndingStream, ReadWaiter {
  readonly #stream: ByteStream
  readonly #polled: PolledStream
  readonly #reader: FrameReader
  readonly #writer: FrameWriter<FrameStream>
  readonly #memory: FrameMemory | undefined
  readonly #stalled: TimeoutQueue<FrameStream> | undefined
  readonly #onFailure: ((error: unknown) => void) | undefined
  /** What waits for the next bytes, and whether its time runs. */
  #waiter: ReadWaiter | undefined
  #isStalled = false
  /** What `next` waits for. */
  #asked:
    | { readonly resolve: (frame: Frame | undefined) => void; readonly reject: (error: unknown) => void }
    | undefined
  /** Reading goes on only to find the end. */
  #isDraining = false
  #readFailure: { readonly error: RpcError } | undefined

  constructor(stream: ByteStream, options: FrameStreamOptions = {}) {
    const { onFailure, startsWithHeader, readBudget, writeBudget, stalled } = options
    this.#stream = stream
    this.#polled = new PolledStream(stream)
    this.#reader = new FrameReader({ startsWithHeader })
    this.#writer = new FrameWriter<FrameStream>(this, stream, { onFailure, budget: writeBudget })
    this.#memory = readBudget === undefined ? undefined : new FrameMemory(this.#reader, readBudget.share())
    this.#stalled = stalled
    this.#onFailure = onFailure
  }

  /** The next frame; `undefined` at the clean end. Throws `TransportError`, or `RpcError` for bytes that are no frames. */
  async read(): Promise<Frame | undefined> {
    return this.next()
  }

  /** Does what `read` does, and returns a promise only if the frame has not come. Throws as `read` does. One at a time. */
  next(): Frame | undefined | Promise<Frame | undefined> {
    const frame = this.#advance()
    if (frame !== WAITING) return frame
    return new Promise((resolve, reject) => (this.#asked = { resolve, reject }))
  }

  onReadable(): void {
    const asked = this.#asked
    try {
      const frame = this.#advance()
      if (frame === WAITING) return
      this.#asked = undefined
      asked?.resolve(frame)
    } catch (error) {
      this.#asked = undefined
      asked?.reject(error)
    }
  }

  /** A frame of those that have come: `undefined` if there is none, which is not the end. Throws as `read` does. */
  take(): Frame | undefined {
    const frame = this.#reader.next()
    if (frame !== undefined) this.#memory?.own(frame)
    return frame
  }

  /**
   * Takes more bytes if some have come; returns false at the clean end. Returns `undefined` if none have come, and `waiter` is
   * told when it is worth another try. Throws as `read` does.
   */
  fill(waiter: ReadWaiter): boolean | undefined {
    const memory = this.#memory
    const room = memory?.reserve()
    if (room !== undefined) {
      void room.then(() => waiter.onReadable())
      return undefined
    }
    this.#endWait()
    this.#assertReadable()
    if (this.#isDraining) return false
    const taken = this.#takeBytes(waiter, memory?.readBytes)
    if (taken === undefined) {
      this.#wait(waiter)
      return undefined
    }
    if (taken === null) this.#reader.end()
    else if (typeof taken === 'number') this.#reader.advance(taken)
    else this.#reader.push(taken)
    memory?.hold()
    return taken !== null
  }

  /** Gives back the memory of a frame that was returned and is not needed any more. */
  release(frame: Frame): void {
    this.#memory?.release(frame)
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
    if (this.#memory !== undefined) this.#memory.share.isAsked = isAsked
  }

  /** Bytes that may be read ahead of what somebody waits for. */
  get aheadBytes(): number {
    return this.#memory?.share.aheadBytes ?? Infinity
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
   * at the end of the stream. Returns a promise unless the peer has ended already. Never rejects.
   */
  drain(limits?: DrainLimits, listener?: DrainListener): Promise<void> | undefined {
    this.#isDraining = true
    this.#reader.clear()
    this.#memory?.close()
    this.#waiter?.onReadable()
    return new StreamDrain(this, limits, listener).run()
  }

  readRest(waiter: ReadWaiter): Uint8Array | null | undefined {
    return this.#polled.read(waiter)
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

  /** Queues a frame that goes out with the next one, or with `finish`, or `flush`: one of them follows within this turn. */
  add(flags: number, payload: Uint8Array): void {
    this.#writer.add(flags, payload)
  }

  /** Sends what is queued now rather than at the end of the microtask. */
  flush(): void {
    this.#writer.flush()
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

  /**
   * Ends the sending half behind what is queued. Returns a promise unless everything is out already: it resolves when that is
   * out, or cannot get out. Never rejects: see `failure`.
   */
  finish(): Promise<void> | undefined {
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
    this.#memory?.close()
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
    this.#memory?.close()
    this.#stream.stop(error.code)
  }

  #advance(): Frame | undefined | typeof WAITING {
    for (;;) {
      const frame = this.take()
      if (frame !== undefined) return frame
      const filled = this.fill(this)
      if (filled === undefined) return WAITING
      if (!filled) return undefined
    }
  }

  /** Reads straight to the frame that has begun if the stream can: returns how many bytes that were. */
  #takeBytes(waiter: ReadWaiter, maxBytes: number | undefined): Uint8Array | number | null | undefined {
    if (this.#stream.tryReadInto === undefined) return this.#polled.read(waiter, maxBytes)
    const room = this.#reader.room()
    if (room === undefined) return this.#polled.read(waiter, least(maxBytes, this.#reader.startBytes))
    return this.#stream.tryReadInto(waiter, room.subarray(0, maxBytes))
  }

  #wait(waiter: ReadWaiter): void {
    this.#waiter = waiter
    if (this.#stalled === undefined || this.#reader.buffered === 0) return
    this.#isStalled = true
    this.#stalled.add(this)
  }

  #endWait(): void {
    this.#waiter = undefined
    if (!this.#isStalled) return
    this.#isStalled = false
    this.#stalled?.delete(this)
  }

  #assertReadable(): void {
    if (this.#readFailure !== undefined) throw this.#readFailure.error
  }
}

function least(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? (a ?? b) : Math.min(a, b)
}
