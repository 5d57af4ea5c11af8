import { type MethodDefinition, RpcError, type ServiceDefinition, StatusCode, TransportError } from '@aster/rpc-core'
import {
  abortable,
  type AbortSource,
  CallHeader,
  FRAME_OVERHEAD,
  type Frame,
  FrameFlag,
  FrameStream,
  runAt,
  runNeutral,
  toRpcError,
  epochNow,
  type BackgroundTask,
  runInBackground,
} from '@aster/rpc-core/protocol'
import { isWanted, noteMade, noteWanted, soundError } from '../call-errors.ts'
import type { CallFormat } from '../call-format.ts'
import { CANCEL } from '../connection-source.ts'
import type { LeasedStream } from '../leased-stream.ts'
import { readStatus } from '../responses.ts'
import { stalledFrames } from '../stalled-frames.ts'
import { TurnQueue } from './turn-queue.ts'
import { withTimeout } from './with-timeout.ts'

/** How long a producer may take to answer a CANCEL before the session counts as over, in milliseconds. */
const ANSWER_MS = 1_000
/** The most bytes of a withdrawn call that may still arrive, because they were under way when the call was withdrawn. */
const MAX_SKIPPED = 67_108_864
/** How long a producer whose handler runs may take to answer a CANCEL, in milliseconds (quirk 17 of docs/python-0.1.md). */
const RUNNING_MS = 10_000

/**
 * The stream of a session, which carries one call at a time. After an event that may have ended the session silently, the session
 * is in doubt, and the next call first checks that the producer still answers.
 */
export class SessionLink implements BackgroundTask {
  readonly frames: FrameStream
  readonly format: CallFormat
  readonly #service: ServiceDefinition
  readonly #leased: LeasedStream
  #state: 'open' | 'in doubt' | 'over' = 'open'
  #why: RpcError | undefined
  readonly #turns = new TurnQueue()
  /** Whether a call is running and has not been withdrawn. */
  #running = false
  /** The latest frame, until it is taken. */
  #frame: Frame | undefined
  #reader: FrameReader | undefined
  #isReading = false

  constructor(service: ServiceDefinition, format: CallFormat, leased: LeasedStream) {
    this.#service = service
    this.#leased = leased
    this.frames = new FrameStream(leased.stream, {
      onFailure: (error) => this.#failToWrite(error),
      stalled: stalledFrames,
    })
    this.format = format
  }

  /** The id of the session's producer. */
  get peerId(): string {
    return this.#leased.connection.remoteId
  }

  /**
   * Waits for earlier calls, and takes the turn until `release`.
   *
   * @throws RpcError `UNAVAILABLE` if the session is over; the reason of `signal` if the signal aborts first
   */
  async acquire(signal: AbortSource): Promise<void> {
    const turn = this.#turns.take(signal)
    if (turn !== undefined) await turn
    if (this.#state === 'in doubt') {
      const sure = runNeutral(() => this.#makeSure())
      try {
        await abortable(sure, signal)
      } catch (error) {
        // The caller gave up, but the check continues: pass the turn on when the check is done.
        runNeutral(() => void sure.then(() => this.release()))
        throw error
      }
    }
    if (this.#state === 'over') {
      this.release()
      throw this.overError()
    }
    this.#running = true
  }

  /** Passes the turn on. Call it when no further frame of the call can arrive. */
  release(): void {
    this.#running = false
    this.#turns.release()
  }

  /** Whether the session is over. */
  get isOver(): boolean {
    return this.#state === 'over'
  }

  /** Whether frames still reach the producer. */
  get isOpen(): boolean {
    return this.#state !== 'over' && this.frames.failure === undefined
  }

  /** Puts the session in doubt, because its last answer may have ended it. The next call checks that the producer still answers. */
  doubt(): void {
    if (this.#state === 'open') this.#state = 'in doubt'
  }

  /** Ends the session with a reason. If the session is over, keeps the first reason. */
  #end(why: RpcError): void {
    if (this.#state === 'over') return
    this.#state = 'over'
    this.#why = why
    this.frames.abort(CANCEL)
    this.#leased.release(why)
  }

  /** Ends the session after a failed write, unless the producer stopped reading: its last answer may still be on the way. */
  #failToWrite(error: unknown): void {
    if (!(error instanceof TransportError) || error.kind !== 'stopped') this.#end(soundError(toRpcError(error)))
  }

  /** Takes the latest frame, if a frame has arrived and was not taken. */
  take(): Frame | undefined {
    const frame = this.#frame
    this.#frame = undefined
    return frame
  }

  /**
   * Reads the next frame for `reader`, and replaces an earlier reader. Calls `arrive`, which may take the frame. If the stream has
   * ended or failed, ends the session and calls `fail`.
   */
  read(reader: FrameReader): void {
    this.#reader = reader
    if (this.#isReading) return
    this.#isReading = true
    runInBackground(this)
  }

  /** Removes `reader`. The frame that it waits for goes to the next reader. */
  leave(reader: FrameReader): void {
    if (this.#reader === reader) this.#reader = undefined
  }

  run(): void {
    void this.#readFrame()
  }

  async #readFrame(): Promise<void> {
    let why = new RpcError(StatusCode.UNAVAILABLE, 'the producer ended it')
    try {
      this.#frame = await this.frames.read()
    } catch (error) {
      why = soundError(toRpcError(error))
    }
    this.#isReading = false
    if (this.#frame === undefined) this.#end(why)
    const reader = this.#reader
    this.#reader = undefined
    if (this.#frame === undefined) reader?.fail(this.overError())
    else reader?.arrive(this.#frame)
  }

  /** Withdraws the running call. Resolves when no frame of the call can arrive any more, or the session is over. Never rejects. */
  async cancelCall(method: MethodDefinition, requestsFinished: boolean): Promise<void> {
    try {
      this.#running = false
      // No wait: the answer is awaited.
      void this.frames.queue(FrameFlag.CANCEL, NOTHING)
      const first = await withTimeout(RUNNING_MS, this.#nextStatus())
      if (method.kind !== 'bidiStream' || requestsFinished) {
        // If the handler ended first, its trailer precedes the CANCELLED.
        if (first !== StatusCode.CANCELLED) await withTimeout(ANSWER_MS, this.#skipTo(StatusCode.CANCELLED))
      } else if (first !== StatusCode.CANCELLED) {
        await this.#flushOut()
      }
    } catch (error) {
      this.#end(soundError(error))
    }
  }

  /**
   * Withdraws the running call (quirk 18 of docs/python-0.1.md) and finishes the session, without waiting for the producer to
   * finish its side (quirk 19). If the producer does not take the remaining frames in time, resets the session, which ends it as
   * well. Never rejects.
   */
  async close(): Promise<void> {
    if (this.#state === 'over') return
    this.#state = 'over'
    this.#why = noteWanted(new RpcError(StatusCode.UNAVAILABLE, 'it is closed'))
    // No wait: this is the last frame.
    if (this.#running) void this.frames.queue(FrameFlag.CANCEL, NOTHING)
    const finished = this.frames.finish()
    this.frames.stop(0)
    const keepStream = runNeutral(() => runAt(epochNow() + ANSWER_MS, () => this.frames.abort(CANCEL)))
    await finished
    keepStream()
    this.#leased.release(undefined)
  }

  /** Sends a CANCEL. A producer answers it with CANCELLED even if no call runs (quirk 20 of docs/python-0.1.md). */
  async #makeSure(): Promise<void> {
    try {
      // No wait: the answer is awaited.
      void this.frames.queue(FrameFlag.CANCEL, NOTHING)
      const code = await withTimeout(ANSWER_MS, this.#nextStatus())
      if (code !== StatusCode.CANCELLED) this.#end(new RpcError(StatusCode.UNAVAILABLE, 'the call before ended it'))
      else if (this.#state === 'in doubt') this.#state = 'open'
    } catch (error) {
      this.#end(soundError(error))
    }
  }

  /**
   * Drops the answers to a cancelled bidi call. Such a call ends with its own trailer, and a CANCELLED may or may not follow. To
   * find the end, this method sends two CALLs in a row, which a producer refuses in any state, and a CANCEL. All frames up to the
   * CANCELLED that follows the refusal belong to the cancelled call. A Python producer may then still wait for the request of the
   * second CALL (quirk 21 of docs/python-0.1.md), and the check before the next call ends that wait with one more CANCEL.
   */
  async #flushOut(): Promise<void> {
    const unary = Object.values(this.#service.methods).find((method) => method.kind === 'unary')
    if (unary === undefined)
      throw new RpcError(
        StatusCode.UNAVAILABLE,
        'a bidi call was cancelled, and the service has no unary method to make sure with',
      )
    const call = this.format.codec.encode(CallHeader, { method: unary.wireName, callId: 'flush' })
    // No wait: the answers are awaited.
    void this.frames.queue(FrameFlag.CALL, call)
    // No wait: the answers are awaited.
    void this.frames.queue(FrameFlag.CALL, call)
    // No wait: the answers are awaited.
    void this.frames.queue(FrameFlag.CANCEL, NOTHING)
    await withTimeout(ANSWER_MS, this.#skipTo(StatusCode.FAILED_PRECONDITION, StatusCode.CANCELLED))
    this.doubt()
  }

  /**
   * Drops the frames up to the next trailer. Returns the code in that trailer.
   *
   * @throws RpcError `RESOURCE_EXHAUSTED` if too many bytes arrive before the trailer
   */
  async #nextStatus(): Promise<number> {
    for (let skipped = 0; skipped <= MAX_SKIPPED;) {
      const frame = this.take() ?? (await this.#nextFrame())
      skipped += FRAME_OVERHEAD + frame.payload.length
      if ((frame.flags & FrameFlag.TRAILER) !== 0) return readStatus(this.format, frame.payload).code
    }
    const text = `the producer sent more than ${MAX_SKIPPED} bytes of a call that was withdrawn`
    throw new RpcError(StatusCode.RESOURCE_EXHAUSTED, text)
  }

  #nextFrame(): Promise<Frame> {
    return new Promise((resolve, reject) => {
      const arrive = (frame: Frame): void => {
        this.take()
        resolve(frame)
      }
      this.read({ arrive, fail: reject })
    })
  }

  /** Drops the frames up to a trailer with the first of `codes`, then up to one with the second, and so on. */
  async #skipTo(...codes: readonly number[]): Promise<void> {
    for (const code of codes) while ((await this.#nextStatus()) !== code) continue
  }

  /** Returns the error of a call whose session is over. */
  overError(): RpcError {
    const why = this.#why
    const text = `the session of '${this.#service.name}' is over: ${why?.message ?? 'unknown'}`
    const error = noteMade(new RpcError(StatusCode.UNAVAILABLE, text, { cause: why }))
    return why !== undefined && isWanted(why) ? noteWanted(error) : error
  }
}

/** Waits for the next frame of a session. */
export interface FrameReader {
  arrive(frame: Frame): void
  fail(error: RpcError): void
}

const NOTHING = new Uint8Array(0)
