import { type MethodDefinition, RpcError, type ServiceDefinition, StatusCode, TransportError } from '@aster/rpc-core'
import {
  abortable,
  CallHeader,
  FRAME_OVERHEAD,
  type Frame,
  FrameFlag,
  FrameStream,
  onAbort,
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
import { withTimeout } from './with-timeout.ts'

/** How long a producer may take to answer a CANCEL before the session counts as over. */
const ANSWER_MS = 1_000
/** Bytes of a call that was withdrawn which may come before its end: what is under way. */
const MAX_SKIPPED = 67_108_864
/** The same while a handler runs (quirk 17 of docs/python-0.1.md). */
const RUNNING_MS = 10_000

/**
 * The stream of a session: one call at a time, and, after anything that may have ended the session silently, a check that
 * it still answers. A session is open, in doubt, or over; a session that is over stays so.
 */
export class SessionLink implements BackgroundTask {
  readonly frames: FrameStream
  readonly format: CallFormat
  readonly #service: ServiceDefinition
  readonly #leased: LeasedStream
  #state: 'open' | 'in doubt' | 'over' = 'open'
  #why: RpcError | undefined
  /** Whether a call has the turn, and those that wait for it, in order. */
  #isTaken = false
  readonly #queue = new Set<() => void>()
  /** A call runs that has not been withdrawn. */
  #running = false
  /** The frame that came last, until it is taken. */
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

  /** The id of the producer that keeps the session. */
  get peerId(): string {
    return this.#leased.connection.remoteId
  }

  /**
   * Waits for the calls before this one, and takes the turn until `release`. Throws `UNAVAILABLE` if the session is over, or
   * the reason of `signal`.
   */
  async acquire(signal: AbortSignal): Promise<void> {
    if (this.#isTaken) await this.#waitForTurn(signal)
    this.#isTaken = true
    if (this.#state === 'in doubt') {
      const sure = runNeutral(() => this.#makeSure())
      try {
        await abortable(sure, signal)
      } catch (error) {
        // The caller gave up, but the check goes on: pass the turn on when it is done.
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

  /** Passes the turn on: nothing of the call can come any more. */
  release(): void {
    this.#running = false
    for (const proceed of this.#queue) return proceed()
    this.#isTaken = false
  }

  /** Resolves when the turn has been passed to this caller. A caller that gives up leaves nothing of itself behind. */
  #waitForTurn(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const proceed = (): void => {
        this.#queue.delete(proceed)
        off()
        resolve()
      }
      this.#queue.add(proceed)
      const off = onAbort(signal, () => {
        if (this.#queue.delete(proceed)) reject(signal.reason)
      })
    })
  }

  /** Whether the session is over. */
  get isOver(): boolean {
    return this.#state === 'over'
  }

  /** Whether what is sent still reaches the producer. */
  get isOpen(): boolean {
    return this.#state !== 'over' && this.frames.failure === undefined
  }

  /** Has the next call make sure first that the session still answers: the last answer may have ended it. */
  doubt(): void {
    if (this.#state === 'open') this.#state = 'in doubt'
  }

  /** Ends the session. Does nothing if it is over: the first reason stays. */
  #end(why: RpcError): void {
    if (this.#state === 'over') return
    this.#state = 'over'
    this.#why = why
    this.frames.abort(CANCEL)
    this.#leased.release(why)
  }

  /** A producer that stops reading ends the session, too, but its last answer may still have to be read. */
  #failToWrite(error: unknown): void {
    if (!(error instanceof TransportError) || error.kind !== 'stopped') this.#end(soundError(toRpcError(error)))
  }

  /** Takes the frame that has come and was not taken, if there is one. */
  take(): Frame | undefined {
    const frame = this.#frame
    this.#frame = undefined
    return frame
  }

  /**
   * Has the next frame read. `reader` is told when it has come, and takes it if it wants it; or that the stream has ended or
   * failed, which ends the session. There is one reader at a time.
   */
  read(reader: FrameReader): void {
    this.#reader = reader
    if (this.#isReading) return
    this.#isReading = true
    runInBackground(this)
  }

  /** Has `reader` told nothing more. The frame that it waits for is left for the next reader. */
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

  /** Withdraws the running call. Resolves when nothing of it can come any more, or the session is over. Never rejects. */
  async cancelCall(method: MethodDefinition, requestsFinished: boolean): Promise<void> {
    try {
      this.#running = false
      // No wait: the answer is waited for.
      void this.frames.queue(FrameFlag.CANCEL, NOTHING)
      const first = await withTimeout(RUNNING_MS, this.#nextStatus())
      if (method.kind !== 'bidiStream' || requestsFinished) {
        // If the handler ended first, its own trailer comes before CANCELLED.
        if (first !== StatusCode.CANCELLED) await withTimeout(ANSWER_MS, this.#skipTo(StatusCode.CANCELLED))
      } else if (first !== StatusCode.CANCELLED) {
        await this.#flushOut()
      }
    } catch (error) {
      this.#end(soundError(error))
    }
  }

  /**
   * Withdraws the call that runs (quirk 18 of docs/python-0.1.md) and finishes the session. Does not wait for the producer to
   * finish its side (quirk 19). If the producer does not take the frames that are still to be sent, the session is reset,
   * which ends it as well. Never rejects.
   */
  async close(): Promise<void> {
    if (this.#state === 'over') return
    this.#state = 'over'
    this.#why = noteWanted(new RpcError(StatusCode.UNAVAILABLE, 'it is closed'))
    // No wait: it is the last frame.
    if (this.#running) void this.frames.queue(FrameFlag.CANCEL, NOTHING)
    const finished = this.frames.finish()
    this.frames.stop(0)
    const keepStream = runNeutral(() => runAt(epochNow() + ANSWER_MS, () => this.frames.abort(CANCEL)))
    await finished
    keepStream()
    this.#leased.release(undefined)
  }

  /** Asks with a CANCEL, which is answered by CANCELLED even if no call runs (quirk 20 of docs/python-0.1.md). */
  async #makeSure(): Promise<void> {
    try {
      // No wait: the answer is waited for.
      void this.frames.queue(FrameFlag.CANCEL, NOTHING)
      const code = await withTimeout(ANSWER_MS, this.#nextStatus())
      if (code !== StatusCode.CANCELLED) this.#end(new RpcError(StatusCode.UNAVAILABLE, 'the call before ended it'))
      else if (this.#state === 'in doubt') this.#state = 'open'
    } catch (error) {
      this.#end(soundError(error))
    }
  }

  /**
   * Drops the answers to a cancelled bidi call, which ends with its own trailer alone or with CANCELLED behind it. Two CALLs
   * in a row are refused in any state, so everything up to the CANCELLED behind that refusal is old. A Python producer may
   * then still wait for the request of the second CALL (quirk 21 of docs/python-0.1.md), which one more CANCEL ends.
   */
  async #flushOut(): Promise<void> {
    const unary = Object.values(this.#service.methods).find((method) => method.kind === 'unary')
    if (unary === undefined)
      throw new RpcError(
        StatusCode.UNAVAILABLE,
        'a bidi call was cancelled, and the service has no unary method to make sure with',
      )
    const call = this.format.codec.encode(CallHeader, { method: unary.wireName, callId: 'flush' })
    // No wait: the answers are waited for.
    void this.frames.queue(FrameFlag.CALL, call)
    // No wait: the answers are waited for.
    void this.frames.queue(FrameFlag.CALL, call)
    // No wait: the answers are waited for.
    void this.frames.queue(FrameFlag.CANCEL, NOTHING)
    await withTimeout(ANSWER_MS, this.#skipTo(StatusCode.FAILED_PRECONDITION, StatusCode.CANCELLED))
    this.doubt()
  }

  /**
   * Drops the frames up to the next trailer. Returns the code in it.
   *
   * @throws RpcError `RESOURCE_EXHAUSTED` if too much comes before it
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

  /** Drops the frames up to a trailer with each of `codes`, in that order. */
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

/** What waits for the next frame of a session. */
export interface FrameReader {
  arrive(frame: Frame): void
  fail(error: RpcError): void
}

const NOTHING = new Uint8Array(0)
