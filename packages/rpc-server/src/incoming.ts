import type { ReadWaiter } from '@aster/rpc-core'
import {
  abortable,
  type AbortSource,
  type BackgroundTask,
  type DrainLimits,
  type Frame,
  type FrameStream,
  runInBackground,
} from '@aster/rpc-core/protocol'
import { FrameTurns } from './frame-turns.ts'

/** The most frames that are read ahead of the handler, so that a cancel after them is noticed. */
const AHEAD_FRAMES = 16
/** The most bytes that are read ahead of the handler. */
const AHEAD_BYTES = 65_536

/**
 * Reads the consumer's side of a stream a little ahead, so that a cancel is noticed while the handler asks for no request. Frames
 * that have not arrived with the header are read only after a call of `take`, `watch` or `readAhead`.
 */
export class Incoming implements ReadWaiter, BackgroundTask {
  readonly #frames: FrameStream
  readonly #onFailure: (error: unknown) => void
  /** The turns of the event loop in which frames are handled. */
  readonly turns: FrameTurns
  #watcher: ((frame: Frame | undefined) => void) | undefined
  readonly #ahead: Frame[] = []
  #bytes = 0
  #end: { readonly error?: unknown } | undefined
  #wake: (() => void) | undefined
  /** Whether reading has begun. */
  #isReading = false
  #waitsForRoom = false
  #draining = false
  /** The frame that was taken last, until its memory is released. */
  #taken: Frame | undefined
  /** Whether a frame was taken. The only request of a unary or server-stream call has then arrived. */
  hasTaken = false

  /**
   * @param onFailure called if the consumer resets the stream, sends bytes that are not frames, or is gone
   * @param turns the turns of the connection
   */
  constructor(frames: FrameStream, onFailure: (error: unknown) => void, turns = new FrameTurns()) {
    this.#frames = frames
    this.#onFailure = onFailure
    this.turns = turns
    try {
      this.#takeWhole()
    } catch {
      // The same error comes again, and is reported, when reading begins.
    }
  }

  /** Begins to read ahead, unless that has begun. */
  readAhead(): void {
    if (this.#isReading) return
    this.#isReading = true
    this.onReadable()
  }

  /**
   * Returns the next frame, or `undefined` at the end of the stream. Only one `take` may wait at a time.
   *
   * @throws the error that ended the stream, or the reason of the signal
   */
  async take(signal?: AbortSource): Promise<Frame | undefined> {
    for (;;) {
      const frame = this.takeReady(signal)
      if (frame !== undefined) return frame
      if (this.#end !== undefined) {
        if ('error' in this.#end) throw this.#end.error
        return undefined
      }
      const woken = new Promise<void>((resolve) => (this.#wake = resolve))
      this.#frames.isAsked = true
      this.readAhead()
      try {
        await abortable(woken, signal)
      } finally {
        this.#frames.isAsked = false
      }
    }
  }

  /** Returns the next frame if it has arrived. Throws the reason of the signal if the signal has aborted. */
  takeReady(signal?: AbortSource): Frame | undefined {
    // A handler that runs on after its call has ended must not take frames of the next call.
    if (signal?.aborted === true) throw signal.reason
    this.release()
    const frame = this.#ahead.shift()
    if (frame === undefined) return undefined
    this.#taken = frame
    this.hasTaken = true
    this.#bytes -= frame.payload.length
    if (!this.#waitsForRoom) return frame
    this.#waitsForRoom = false
    runInBackground(this)
    return frame
  }

  /** Releases the frame that was taken last. Until then, or until the next frame is taken, its bytes count as memory in use. */
  release(): void {
    const frame = this.#taken
    if (frame === undefined) return
    this.#taken = undefined
    this.#frames.release(frame)
  }

  /**
   * Reads ahead. Calls `watcher` with every frame that has arrived and was not taken, with every later frame, and with `undefined`
   * at the end of the stream. Replaces an earlier watcher.
   */
  watch(watcher: ((frame: Frame | undefined) => void) | undefined): void {
    this.#watcher = watcher
    if (watcher === undefined) return
    for (const frame of this.#ahead) watcher(frame)
    if (this.#end !== undefined && !('error' in this.#end)) watcher(undefined)
    this.readAhead()
  }

  /**
   * Reads to the end and drops everything, also after bytes that are not frames. If the consumer goes beyond `limits`, tells it to
   * stop. Never rejects.
   */
  drain(limits: DrainLimits): Promise<void> | undefined {
    this.#draining = true
    this.#ahead.length = 0
    const drained = this.#frames.drain(limits)
    if (this.#waitsForRoom) this.onReadable()
    return drained
  }

  run(): void {
    this.onReadable()
  }

  onReadable(): void {
    this.#waitsForRoom = false
    try {
      for (;;) {
        if (!this.#takeWhole()) {
          this.#waitsForRoom = true
          return
        }
        const filled = this.#frames.fill(this)
        if (filled === undefined) return
        if (!filled) break
      }
      this.#end = {}
      if (!this.#draining) this.#watcher?.(undefined)
    } catch (error) {
      this.#end = { error }
      if (!this.#draining) this.#onFailure(error)
    }
    this.#wake?.()
  }

  /** Takes the frames that have arrived completely. Returns false if there is no room for more. */
  #takeWhole(): boolean {
    while (!this.#full) {
      const frame = this.#frames.take()
      if (frame === undefined) return true
      if (this.#draining) continue
      this.#ahead.push(frame)
      this.#bytes += frame.payload.length
      this.#watcher?.(frame)
      this.#wake?.()
    }
    return false
  }

  get #full(): boolean {
    return (
      !this.#draining &&
      (this.#ahead.length >= AHEAD_FRAMES || this.#bytes >= AHEAD_BYTES || this.#bytes > this.#frames.aheadBytes)
    )
  }
}
