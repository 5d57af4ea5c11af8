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

/** How far the consumer's frames are read ahead of the handler: enough to notice a cancel behind them. */
const AHEAD_FRAMES = 16
const AHEAD_BYTES = 65_536

/**
 * The consumer's side of a stream, read a little ahead, so that a cancel is noticed while a handler asks for nothing. What
 * has not come yet is read for once somebody wants it, or says `readAhead`.
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
  /** Whether reading goes on: until then frames have to wait. */
  #isReading = false
  #waitsForRoom = false
  #draining = false
  /** The frame that was taken last, while its memory is needed. */
  #taken: Frame | undefined
  /** Whether a frame has been taken: the only request of a unary call or a server stream has come whole. */
  hasTaken = false

  /**
   * @param onFailure runs when the consumer resets the stream, sends bytes that are no frames, or is gone
   * @param turns of the connection
   */
  constructor(frames: FrameStream, onFailure: (error: unknown) => void, turns = new FrameTurns()) {
    this.#frames = frames
    this.#onFailure = onFailure
    this.turns = turns
    try {
      this.#takeWhole()
    } catch {
      // Met again, and told, when the reading goes on.
    }
  }

  /** Reads on, unless that is under way. */
  readAhead(): void {
    if (this.#isReading) return
    this.#isReading = true
    this.onReadable()
  }

  /** The next frame; `undefined` at the end. Throws what reading met, or the reason of the signal. One at a time. */
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

  /** The next frame if it is there already. Throws the reason of the signal. */
  takeReady(signal?: AbortSource): Frame | undefined {
    // A handler that goes on after its call has ended must not take what belongs to the next one.
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

  /** Says that the frame that was taken last is not needed any more: its memory counts until then, or until the next one. */
  release(): void {
    const frame = this.#taken
    if (frame === undefined) return
    this.#taken = undefined
    this.#frames.release(frame)
  }

  /** Reads ahead, and tells of every frame, and of the end, that has come or comes while nobody has taken it; one watcher at a time. */
  watch(watcher: ((frame: Frame | undefined) => void) | undefined): void {
    this.#watcher = watcher
    if (watcher === undefined) return
    for (const frame of this.#ahead) watcher(frame)
    if (this.#end !== undefined && !('error' in this.#end)) watcher(undefined)
    this.readAhead()
  }

  /**
   * Reads to the end and forgets what comes, also behind bytes that are no frames. A consumer that goes on beyond `limits` is
   * told to stop. Never rejects.
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

  /** Takes the frames that have come whole; false where there is no room for more. */
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
