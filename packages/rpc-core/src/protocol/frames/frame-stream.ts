import type { RpcError } from '../../rpc-error.ts'
import { type ByteStream, type ReadWaiter, TransportError } from '../../transport.ts'
import { TimeoutPlace, type TimeoutQueue } from '../signals/timeout-queue.ts'
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

/** Options of `FrameStream`. */
export interface FrameStreamOptions {
  /**
   * Called once if writing fails: the peer stopped the stream, or the connection is gone.
   *
   * @default failures are not reported
   */
  readonly onFailure?: ((error: unknown) => void) | undefined
  /**
   * Whether the peer must send a HEADER first.
   *
   * @default false
   */
  readonly startsWithHeader?: boolean | undefined
  /**
   * The memory for the received frames of all streams of the connection. `release` returns the memory of a frame.
   *
   * @default no limit
   */
  readonly readBudget?: ReadBudget | undefined
  /**
   * The memory for the queued frames of all streams of the connection.
   *
   * @default only the limit of the stream applies
   */
  readonly writeBudget?: WriteBudget | undefined
  /**
   * The timeout of streams that wait for the rest of a frame.
   *
   * @default no timeout
   */
  readonly stalled?: TimeoutQueue<FrameStream> | undefined
}

/**
 * Sends and receives frames over a byte stream. Frames that are queued while a write is pending are sent together in the
 * next write; `queue` returns a promise if the sender should wait. The stream is read only on request, which is the
 * backpressure in the other direction.
 */
export class FrameStream implements EndingStream, ReadWaiter {
  readonly #stream: ByteStream
  readonly #polled: PolledStream
  readonly #reader: FrameReader
  readonly #writer: FrameWriter<FrameStream>
  readonly #memory: FrameMemory | undefined
  readonly #stalled: TimeoutQueue<FrameStream> | undefined
  readonly #onFailure: ((error: unknown) => void) | undefined
  /** The waiter for the next bytes, and whether its timeout runs. */
  #waiter: ReadWaiter | undefined
  #isStalled = false
  #stalledPlace: TimeoutPlace<FrameStream> | undefined
  /** The promise that `next` has returned. */
  #asked:
    | { readonly resolve: (frame: Frame | undefined) => void; readonly reject: (error: unknown) => void }
    | undefined
  /** Whether reading continues only to find the end. */
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

  /**
   * Returns the next frame; `undefined` at the clean end.
   *
   * @throws TransportError if the stream fails; RpcError if the bytes are not valid frames
   */
  async read(): Promise<Frame | undefined> {
    return this.next()
  }

  /**
   * Reads as `read` does, but returns a promise only if the frame has not arrived. One call may be pending at a time.
   *
   * @throws as `read` does
   */
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

  /**
   * Returns a frame that has arrived; `undefined` if there is no frame yet, which is not the end.
   *
   * @throws as `read` does
   */
  take(): Frame | undefined {
    const frame = this.#reader.next()
    if (frame !== undefined) this.#memory?.own(frame)
    return frame
  }

  /**
   * Reads more bytes. Returns true if some have arrived, and false at the clean end. Returns `undefined` if none have
   * arrived; `waiter` is then called when another attempt is worthwhile.
   *
   * @throws as `read` does
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
    else {
      this.#reader.waiting = this.#stream.readableBytes
      this.#reader.push(taken)
    }
    memory?.hold()
    return taken !== null
  }

  /** Releases the memory of a frame that was returned and is no longer needed. */
  release(frame: Frame): void {
    this.#memory?.release(frame)
  }

  /** The limit that the last rejected frame exceeds, if that is why it was rejected. */
  get refusal(): FrameRefusal | undefined {
    return this.#reader.refusal
  }

  /** Whether bytes have arrived that were not returned. */
  get hasUnread(): boolean {
    return this.#reader.buffered > 0
  }

  /** Whether a reader waits for the next frame. Such a frame takes precedence over frames that are only read ahead. */
  set isAsked(isAsked: boolean) {
    if (this.#memory !== undefined) this.#memory.share.isAsked = isAsked
  }

  /** The bytes that may be read ahead of the reader. */
  get aheadBytes(): number {
    return this.#memory?.share.aheadBytes ?? Infinity
  }

  /**
   * The largest message in bytes, for frames that have not begun.
   *
   * @default the largest payload of a frame
   */
  get messageLimit(): number {
    return this.#reader.messageLimit
  }

  set messageLimit(bytes: number) {
    this.#reader.messageLimit = bytes
  }

  /**
   * Reads to the peer's end and drops all bytes, so that the stream is done. If the peer exceeds `limits`, it is told to
   * stop, and frames that are still queued are dropped. Call it once. A pending read ends as at the end of the stream.
   * Returns a promise unless the peer has ended already. Never rejects.
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
   * Sends a frame as soon as the stream accepts it. Returns a promise if the queue is full: await it before the next frame.
   * After a failed write, frames are dropped: see `failure`.
   */
  queue(flags: number, payload: Uint8Array): Promise<void> | undefined {
    return this.#writer.queue(flags, payload)
  }

  /**
   * Queues a frame that is sent with the next one, with `finish`, or with `flush`. One of these calls must follow within
   * this turn.
   */
  add(flags: number, payload: Uint8Array): void {
    this.#writer.add(flags, payload)
  }

  /** Sends queued frames now instead of at the end of the microtask. */
  flush(): void {
    this.#writer.flush()
  }

  /** Returns a promise if the queue is full, as `queue` does. Call it again when the promise resolves. */
  whenRoom(): Promise<void> | undefined {
    return this.#writer.whenRoom()
  }

  /**
   * Returns a promise if the single response of a call must wait for the responses of other calls. Call it again when the
   * promise resolves.
   */
  whenRoomForAnswer(): Promise<void> | undefined {
    return this.#writer.whenRoomForAnswer()
  }

  /** The bytes that are queued or being written. */
  get pendingBytes(): number {
    return this.#writer.pendingBytes
  }

  /**
   * Ends the sending half after the queued frames. Returns a promise unless everything has been sent. It resolves when
   * everything has been sent or cannot be sent, and never rejects: see `failure`.
   */
  finish(): Promise<void> | undefined {
    return this.#writer.finish()
  }

  /** The error that ended writing before `finish`. */
  get failure(): unknown {
    return this.#writer.failure
  }

  /** The timeout that runs while the peer takes no bytes. */
  set unread(queue: TimeoutQueue<FrameStream> | undefined) {
    this.#writer.unread = queue
  }

  /** Abandons both halves. Queued frames are dropped. */
  abort(code: number): void {
    this.#writer.fail(new TransportError('reset', 'the stream was abandoned here', { code }))
    this.#memory?.close()
    this.#stream.stop(code)
    this.#stream.reset(code)
  }

  /** Abandons both halves, and calls `onFailure` with the error. */
  cut(error: RpcError): void {
    this.abort(error.code)
    this.#onFailure?.(error)
  }

  /** Abandons the receiving half. */
  stop(code: number): void {
    this.#stream.stop(code)
  }

  /** Abandons the receiving half. Reads fail with `error`, a pending read included. */
  failToRead(error: RpcError): void {
    this.#readFailure ??= { error }
    if (this.#stalledPlace !== undefined) this.#stalled?.delete(this.#stalledPlace)
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

  /**
   * Reads directly into the memory of the frame that has begun, if the stream supports that, and returns the number of
   * bytes.
   */
  #takeBytes(waiter: ReadWaiter, maxBytes: number | undefined): Uint8Array | number | null | undefined {
    if (this.#stream.tryReadInto === undefined) return this.#polled.read(waiter, maxBytes)
    this.#reader.waiting = this.#stream.readableBytes
    const room = this.#reader.room()
    if (room === undefined) return this.#polled.read(waiter, least(maxBytes, this.#reader.startBytes))
    return this.#stream.tryReadInto(waiter, room.subarray(0, maxBytes))
  }

  #wait(waiter: ReadWaiter): void {
    this.#waiter = waiter
    if (this.#stalled === undefined || this.#reader.buffered === 0) return
    this.#isStalled = true
    this.#stalledPlace ??= new TimeoutPlace<FrameStream>(this)
    this.#stalled.add(this.#stalledPlace)
  }

  #endWait(): void {
    this.#waiter = undefined
    if (!this.#isStalled) return
    this.#isStalled = false
    if (this.#stalledPlace !== undefined) this.#stalled?.delete(this.#stalledPlace)
  }

  #assertReadable(): void {
    if (this.#readFailure !== undefined) throw this.#readFailure.error
  }
}

function least(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? (a ?? b) : Math.min(a, b)
}
