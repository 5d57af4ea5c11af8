import type { RpcError } from '../../rpc-error.ts'
import { type ByteStream, TransportError } from '../../transport.ts'
import type { TimeoutQueue } from '../signals/timeout-queue.ts'
import { StatusCode } from '../../status-code.ts'
import type { DrainLimits } from './drain-watch.ts'
import { FrameReceiver, type FrameReceiverOptions } from './frame-receiver.ts'
import { FrameWriter } from './frame-writer.ts'
import { type DrainListener, type EndingStream, StreamDrain } from './stream-drain.ts'
import type { WriteBudget } from './write-budget.ts'

/** Options of `FrameStream`. */
export interface FrameStreamOptions extends FrameReceiverOptions<FrameStream> {
  /**
   * Called once if writing fails: the peer stopped the stream, or the connection is gone.
   *
   * @default failures are not reported
   */
  readonly onFailure?: ((error: unknown) => void) | undefined
  /**
   * The memory for the queued frames of all streams of the connection.
   *
   * @default only the limit of the stream applies
   */
  readonly writeBudget?: WriteBudget | undefined
}

/**
 * Sends and receives frames over a byte stream. Frames that are queued while a write is pending are sent together in the
 * next write; `queue` returns a promise if the sender should wait. The stream is read only on request, which is the
 * backpressure in the other direction.
 */
export class FrameStream extends FrameReceiver<FrameStream> implements EndingStream {
  readonly #writer: FrameWriter<FrameStream>
  readonly #onFailure: ((error: unknown) => void) | undefined

  constructor(stream: ByteStream, options: FrameStreamOptions = {}) {
    super(stream, options)
    const { onFailure, writeBudget } = options
    this.#writer = new FrameWriter<FrameStream>(this, stream, { onFailure, budget: writeBudget })
    this.#onFailure = onFailure
  }

  protected override get owner(): this {
    return this
  }

  /**
   * Reads to the peer's end and drops all bytes, so that the stream is done. If the peer exceeds `limits`, it is told to
   * stop, and frames that are still queued are dropped. Call it once. A pending read ends as at the end of the stream.
   * Returns a promise unless the peer has ended already. Never rejects.
   */
  drain(limits?: DrainLimits, listener?: DrainListener): Promise<void> | undefined {
    this.dropFrames()
    return new StreamDrain(this, limits, listener).run()
  }

  get isSending(): boolean {
    return this.#writer.isFlushing
  }

  set onSent(callback: (() => void) | undefined) {
    this.#writer.onSent = callback
  }

  abandonRest(): void {
    this.stream.stop(0)
    if (this.isSending) this.stream.reset(StatusCode.CANCELLED)
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
    this.closeMemory()
    this.stream.stop(code)
    this.stream.reset(code)
  }

  /** Abandons both halves, and calls `onFailure` with the error. */
  cut(error: RpcError): void {
    this.abort(error.code)
    this.#onFailure?.(error)
  }
}
