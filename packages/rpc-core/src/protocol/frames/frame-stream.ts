import { type ByteStream, TransportError } from '../../transport.ts'
import { StatusCode } from '../../status-code.ts'
import { DRAIN, drainChecks, type DrainLimits, unwatchDrain, watchDrain } from './drain-watch.ts'
import { encodeFrames, FRAME_OVERHEAD, type Frame } from './frame.ts'
import { FrameReader } from './frame-reader.ts'
import { LIMITS } from '../../limits.ts'

/** Frames of one write are joined up to this many bytes. */
const WRITE_BYTES = 65_536

/** Told of a peer that does not end its side of a stream, which keeps its place until then. */
export interface DrainListener {
  /** Called when the time is up, and the peer sends nothing. */
  onOverdue(): void
  /**
   * Called at most once, at the end of a stream that was overdue, and with true when the peer was told to stop because it sent
   * too much, or too late, or nothing for another 10 s.
   */
  onDrained(isStopped: boolean): void
}

/** How long an overdue stream is listened to: an end that is late, because the peer is busy, frees the place. */
const OVERDUE_MS = 10_000

/**
 * Frames over a byte stream. What is queued while a write is under way goes out together in the next one; `queue` tells
 * when to wait. Reading happens only when asked for, which is the backpressure in the other direction.
 */
export class FrameStream {
  readonly #stream: ByteStream
  readonly #reader = new FrameReader()
  #queued: Frame[] = []
  #queuedBytes = 0
  #finishing = false
  #flushing: Promise<void> | undefined
  #failure: { readonly error: unknown } | undefined
  #room: { promise: Promise<void>; resolve: () => void } | undefined
  readonly #onFailure: ((error: unknown) => void) | undefined
  /** The read under way, or the one that failed. */
  #reading: Promise<Uint8Array | undefined> | undefined
  /** Reading goes on only to find the end. */
  #isDraining = false
  #isOverdue = false
  #drainListener: DrainListener | undefined
  /** Checks until the time is up, and until it is if no byte comes; the latter starts anew with each byte. */
  #checksLeft = 0
  #idleChecksLeft = 0

  /** `onFailure` runs once when writing fails: the peer stopped the stream, or the connection is gone. */
  constructor(stream: ByteStream, onFailure?: (error: unknown) => void) {
    this.#stream = stream
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
    return this.#reader.next()
  }

  /** Waits for more bytes; false at the clean end. Throws as `read` does. */
  async fill(): Promise<boolean> {
    if (this.#isDraining) return false
    this.#reading = this.#stream.read()
    const bytes = await this.#reading
    this.#reading = undefined
    // `drain` has the bytes.
    if (this.#isDraining) return false
    if (bytes === undefined) this.#reader.end()
    else this.#reader.push(bytes)
    return bytes !== undefined
  }

  /**
   * Reads to the peer's end and forgets what comes, so that the stream is done with. A peer that goes on beyond `limits` is
   * told to stop, and what is still to be sent to it is abandoned. Called once, also while a read is under way, which ends as
   * at the end of the stream. Never rejects.
   */
  async drain(limits: DrainLimits = DRAIN, listener?: DrainListener): Promise<void> {
    const { maxBytes, maxMs, maxIdleMs = Infinity } = limits
    this.#isDraining = true
    this.#drainListener = listener
    this.#checksLeft = drainChecks(maxMs)
    this.#idleChecksLeft = drainChecks(maxIdleMs)
    watchDrain(this)
    let left = maxBytes
    try {
      for (;;) {
        const bytes = await (this.#reading ?? this.#stream.read())
        if (bytes === undefined) break
        left -= bytes.length
        if (left < 0 || this.#isOverdue) {
          this.#stopDraining()
          break
        }
        this.#idleChecksLeft = drainChecks(maxIdleMs)
      }
    } catch {
      // Reset or lost: done with as well.
    }
    if (this.#isOverdue) this.#drainListener?.onDrained(false)
    this.#drainListener = undefined
    // What is still to be sent has the rest of the time to get out.
    if (this.#flushing === undefined) unwatchDrain(this)
  }

  /** Counts the time of `drain`. Called by its timer. */
  checkDrain(): void {
    this.#checksLeft -= 1
    this.#idleChecksLeft -= 1
    if (this.#checksLeft > 0 && this.#idleChecksLeft > 0) return
    if (this.#drainListener === undefined || this.#isOverdue) return this.#stopDraining()
    this.#isOverdue = true
    this.#checksLeft = this.#idleChecksLeft = drainChecks(OVERDUE_MS)
    this.#drainListener.onOverdue()
  }

  /** Ends `drain` before the peer has ended its side. */
  #stopDraining(): void {
    unwatchDrain(this)
    const listener = this.#drainListener
    this.#drainListener = undefined
    this.#stream.stop(0)
    if (this.#flushing !== undefined) this.#stream.reset(StatusCode.CANCELLED)
    listener?.onDrained(true)
  }

  /**
   * Sends a frame as soon as the stream takes it. Gives a promise where the queue is full: wait for it before the next one.
   * Once a write has failed, frames are dropped: see `failure`.
   */
  queue(flags: number, payload: Uint8Array): Promise<void> | undefined {
    if (this.#failure !== undefined) return undefined
    if (this.#finishing) throw new TransportError('misuse', 'a frame was queued after the end of the stream')
    this.#queued.push({ flags, payload })
    this.#queuedBytes += FRAME_OVERHEAD + payload.length
    this.#flushing ??= this.#flush()
    return this.#queuedBytes < LIMITS.queuedBytes ? undefined : this.#waitForRoom()
  }

  /** Ends the sending half behind what is queued. Resolves when it is out, or cannot get out. Never rejects: see `failure`. */
  async finish(): Promise<void> {
    this.#finishing = true
    this.#flushing ??= this.#flush()
    await this.#flushing
  }

  /** Why writing came to an end before `finish`. */
  get failure(): unknown {
    return this.#failure?.error
  }

  /** Abandons both halves. What is queued is dropped. */
  abort(code: number): void {
    this.#fail(new TransportError('reset', 'the stream was abandoned here', { code }))
    this.#stream.stop(code)
    this.#stream.reset(code)
  }

  /** Abandons the receiving half. */
  stop(code: number): void {
    this.#stream.stop(code)
  }

  async #flush(): Promise<void> {
    // One turn of the microtask queue: what is queued in the same turn goes out together.
    await Promise.resolve()
    try {
      while (this.#failure === undefined) {
        const frames = this.#takeBatch()
        const last = this.#finishing && this.#queued.length === 0
        if (frames.length === 0) {
          if (last) await this.#stream.finish()
          break
        }
        await this.#stream.write(encodeFrames(...frames), last ? { finish: true } : undefined)
        if (last) break
      }
    } catch (error) {
      const first = this.#failure === undefined
      this.#fail(error)
      if (first) this.#onFailure?.(error)
    }
    this.#flushing = undefined
    this.#releaseRoom()
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
    this.#queuedBytes -= bytes
    if (this.#queuedBytes < LIMITS.queuedBytes) this.#releaseRoom()
    return frames
  }

  #fail(error: unknown): void {
    this.#failure ??= { error }
    this.#queued = []
    this.#queuedBytes = 0
    this.#releaseRoom()
  }

  #waitForRoom(): Promise<void> {
    if (this.#room === undefined) {
      let resolve = (): void => {}
      const promise = new Promise<void>((done) => (resolve = done))
      this.#room = { promise, resolve }
    }
    return this.#room.promise
  }

  #releaseRoom(): void {
    this.#room?.resolve()
    this.#room = undefined
  }
}
