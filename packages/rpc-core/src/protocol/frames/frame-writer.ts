import { type ByteStream, TransportError } from '../../transport.ts'
import { LIMITS } from '../../limits.ts'
import { type BackgroundTask, runInBackground, runInNextTurn } from '../signals/background.ts'
import { TimeoutPlace, type TimeoutQueue } from '../signals/timeout-queue.ts'
import { FrameQueue, WRITE_BYTES } from './frame-queue.ts'
import type { RoomWaiter, WriteBudget } from './write-budget.ts'

/**
 * Queued frames of this many bytes are sent at once instead of after the microtask or the turn, if the transport takes writes at
 * once, so that the peer can begin.
 */
const SENT_AT_ONCE = 16_384
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
export class FrameWriter<Owner = unknown> extends FrameQueue implements RoomWaiter, BackgroundTask {
  /** Called whenever all queued frames have been sent, or cannot be sent. */
  onSent: (() => void) | undefined
  readonly #owner: Owner
  #unread: TimeoutQueue<Owner> | undefined
  #unreadPlace: TimeoutPlace<Owner> | undefined
  readonly #stream: ByteStream
  readonly #onFailure: ((error: unknown) => void) | undefined
  readonly #budget: WriteBudget | undefined
  /** The bytes of the pending write. */
  #writingBytes = 0
  #finishing = false
  /** Whether a write or a finish is pending. */
  #isWriting = false
  #isOver = false
  /** Whether the queued frames will be sent after this microtask, or after this turn of the event loop. */
  #isScheduled = false
  /** Whether frames were written in the background before. The first ones of a stream may be the only ones. */
  #hasWritten = false
  /** Whether frames are gathered until the end of this turn. */
  #isGathering = false
  #finished: Waiting | undefined
  #failure: { readonly error: unknown } | undefined
  #room: Waiting | undefined
  /** Whether a response that may borrow room waits for it. */
  #waitsToAnswer = false

  constructor(owner: Owner, stream: ByteStream, { onFailure, budget }: FrameWriterOptions = {}) {
    super(stream.tryWrite !== undefined)
    this.#owner = owner
    this.#stream = stream
    this.#onFailure = onFailure
    this.#budget = budget
  }

  /** Whether frames or the end have not been sent yet. */
  get isFlushing(): boolean {
    return this.#isWriting || this.#isScheduled
  }

  /** The timeout that runs while the peer takes no bytes. */
  set unread(queue: TimeoutQueue<Owner> | undefined) {
    if (queue === this.#unread) return
    this.#stopTimeout()
    this.#unread = queue
    if (this.#writingBytes > 0) this.#startTimeout()
  }

  queue(flags: number, payload: Uint8Array): Promise<void> | undefined {
    if (this.#failure !== undefined) return undefined
    this.add(flags, payload)
    if (!this.#isWriting && this.queuedBytes >= SENT_AT_ONCE && this.takesAtOnce) this.flush()
    else if (!this.#isWriting && !this.#isScheduled) {
      this.#isScheduled = true
      if (!this.#isGathering) runInBackground(this)
    }
    return this.whenRoom()
  }

  /** Queues a frame that is sent with the next one or with `finish`. One of these calls must follow within this turn. */
  add(flags: number, payload: Uint8Array): void {
    if (this.#failure !== undefined) return
    if (this.#finishing) throw new TransportError('misuse', 'a frame was queued after the end of the stream')
    const bytes = this.enqueue(flags, payload)
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

  /**
   * Writes the frames of this microtask, or of this turn of the event loop. The first frames of a turn are written at once; a
   * source that goes on without a wait has the others written together, when the turn ends.
   */
  run(): void {
    this.#isGathering = !this.#isGathering && this.#hasWritten && this.takesAtOnce
    this.#hasWritten = true
    if (this.#isScheduled) this.flush()
    if (this.#isGathering) runInNextTurn(this)
  }

  /** Writes the queued frames, unless a write is pending, which continues with them. */
  flush(): void {
    this.#isScheduled = false
    if (this.#isWriting) return
    while (this.#failure === undefined) {
      let bytes: Uint8Array
      try {
        bytes = this.#nextPiece()
      } catch (error) {
        this.#failOnce(error)
        break
      }
      const isLast = this.#finishing && this.isEmpty
      if (bytes.length === 0 && !isLast) break
      const options = isLast ? FINISH : undefined
      if (bytes.length === 0 || this.#stream.tryWrite?.(bytes, options) !== true) {
        void this.#write(this.ownPiece(bytes), options)
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
    return this.queuedBytes + this.#writingBytes
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
    this.clear()
    this.#writingBytes = 0
    this.#stopTimeout()
    this.#releaseRoom()
    this.#budget?.giveBack(this)
  }

  get #hasOwnRoom(): boolean {
    const budget = this.#budget
    if (budget === undefined) return this.queuedBytes < this.#mostQueuedBytes
    if (this.queuedBytes + this.#writingBytes === 0) return !budget.isFull
    return this.queuedBytes < this.#mostQueuedBytes && this.queuedBytes <= budget.streamBytes
  }

  /**
   * The bytes from which on the sender waits. If each write takes a promise, the sender of short frames lets the event loop
   * run for each of them: the peer would else have nothing to do until the whole queue is full.
   */
  get #mostQueuedBytes(): number {
    return !this.takesAtOnce && this.hasSeveral ? WRITE_BYTES : LIMITS.queuedBytes
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
        this.#startTimeout()
        await this.#stream.write(bytes, options)
        this.#stopTimeout()
        this.#noteWritten(bytes)
      }
    } catch (error) {
      this.#failOnce(error)
    }
    this.#isWriting = false
    if (options === undefined) this.flush()
    else this.#pause()
  }

  #startTimeout(): void {
    if (this.#unread === undefined) return
    this.#unreadPlace ??= new TimeoutPlace(this.#owner)
    this.#unread.add(this.#unreadPlace)
  }

  #stopTimeout(): void {
    if (this.#unreadPlace !== undefined) this.#unread?.delete(this.#unreadPlace)
  }

  #noteWritten(bytes: Uint8Array): void {
    this.returnPiece(bytes)
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
    this.onSent?.()
  }

  /** Returns the bytes of the next write; empty if nothing is queued. */
  #nextPiece(): Uint8Array {
    const piece = this.takePiece()
    this.#writingBytes = piece.length
    if (this.#room !== undefined && this.#hasOwnRoom) this.#releaseRoom()
    return piece
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

function createWaiting(): Waiting {
  let resolve = (): void => {}
  const promise = new Promise<void>((done) => (resolve = done))
  return { promise, resolve }
}
