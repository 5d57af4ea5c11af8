import { type MethodDefinition, RpcError, type ServiceDefinition, StatusCode } from '@aster/rpc-core'
import { abortable, CallHeader, type Frame, FrameFlag, type FrameStream, toRpcError } from '@aster/rpc-core/protocol'
import { CANCEL, type ConnectionLease } from '../connection-source.ts'
import type { CallFormat } from '../exchange.ts'
import { readStatus } from '../responses.ts'

/** How long a producer may take to answer a CANCEL before the session counts as over. */
const ANSWER_MS = 1_000
/** The same while a handler runs: a stream handler of 0.1.x notices a CANCEL only when it yields next. */
const RUNNING_MS = 10_000

/**
 * A session's stream: one call at a time, and after anything that may have ended the session without a word a check that
 * it still answers. A session is open, in doubt, or over; it is never over and open again.
 */
export class SessionLink {
  readonly frames: FrameStream
  readonly format: CallFormat
  readonly #service: ServiceDefinition
  readonly #lease: ConnectionLease
  #state: 'open' | 'in doubt' | 'over' = 'open'
  #why: RpcError | undefined
  #last: Promise<void> = Promise.resolve()
  #reading: Promise<Frame> | undefined
  /** A call runs that has not been withdrawn. */
  #running = false

  constructor(service: ServiceDefinition, frames: FrameStream, format: CallFormat, lease: ConnectionLease) {
    this.#service = service
    this.#lease = lease
    this.frames = frames
    this.format = format
  }

  /**
   * Waits for the calls before, and gives a function that lets the next one go on. Throws `UNAVAILABLE` where the session is
   * over, or the reason of the signal.
   */
  async acquire(signal: AbortSignal): Promise<() => void> {
    let release = (): void => {}
    let ready = this.#last
    const mine = new Promise<void>((resolve) => (release = resolve))
    this.#last = ready.then(() => mine)
    try {
      await abortable(ready, signal)
      if (this.#state === 'in doubt') {
        ready = this.#makeSure()
        await abortable(ready, signal)
      }
      if (this.#state === 'over') throw this.overError()
      this.#running = true
      return () => {
        this.#running = false
        release()
      }
    } catch (error) {
      // Who gives up waiting does not call off what was begun.
      void ready.then(release)
      throw error
    }
  }

  /** Whether nothing can be sent any more. */
  get isOver(): boolean {
    return this.#state === 'over'
  }

  /** Something was answered that may have ended the session: the next call makes sure first. */
  doubt(): void {
    if (this.#state === 'open') this.#state = 'in doubt'
  }

  /** The session is over. Safe to say again; the first reason stays. */
  over(why: RpcError): void {
    if (this.#state === 'over') return
    this.#state = 'over'
    this.#why = why
    this.frames.abort(CANCEL)
    this.#lease.release(why)
  }

  /**
   * The next frame; `undefined` when the asker is no longer `current` by the time it comes: it then belongs to whoever
   * took over. What ends the stream ends the session, and throws.
   */
  async read(current: () => boolean): Promise<Frame | undefined> {
    const reading = this.peek()
    const frame = await reading
    if (!current()) return undefined
    if (this.#reading === reading) this.#reading = undefined
    return frame
  }

  /** The next frame, which stays the next one. Throws as `read` does. */
  peek(): Promise<Frame> {
    this.#reading ??= this.#readFrame()
    return this.#reading
  }

  /** Withdraws the running call. Resolves when nothing of it can come any more, or the session is over. Never rejects. */
  async cancelCall(method: MethodDefinition, requestsFinished: boolean): Promise<void> {
    try {
      this.#running = false
      void this.frames.queue(FrameFlag.CANCEL, NOTHING)
      const first = await this.#withTimeout(RUNNING_MS, () => this.#trailer())
      if (method.kind !== 'bidiStream' || requestsFinished) {
        // Where the handler ended first its own trailer comes before CANCELLED.
        if (first !== StatusCode.CANCELLED)
          await this.#withTimeout(ANSWER_MS, () => this.#trailerOf(StatusCode.CANCELLED))
      } else if (first !== StatusCode.CANCELLED) {
        await this.#flushOut()
      }
    } catch (error) {
      this.over(RpcError.from(error))
    }
  }

  /**
   * Finishes the session, and withdraws the call that runs: a producer of 0.1.x keeps the instance and the stream of a
   * session that ends in the middle of a bidi call for as long as the connection lives. It does not finish its side: nobody
   * waits for that. Where it does not take what is still to be sent, the session is reset, which ends it as well.
   */
  async close(): Promise<void> {
    if (this.#state === 'over') return
    this.#state = 'over'
    this.#why = new RpcError(StatusCode.UNAVAILABLE, 'it is closed')
    if (this.#running) void this.frames.queue(FrameFlag.CANCEL, NOTHING)
    const finished = this.frames.finish()
    this.frames.stop(0)
    const timer = setTimeout(() => this.frames.abort(CANCEL), ANSWER_MS)
    await finished
    clearTimeout(timer)
    this.#lease.release(undefined)
  }

  async #readFrame(): Promise<Frame> {
    let why = new RpcError(StatusCode.UNAVAILABLE, 'the producer ended it')
    try {
      const frame = await this.frames.read()
      if (frame !== undefined) return frame
    } catch (error) {
      why = toRpcError(error)
    }
    this.over(why)
    throw this.overError()
  }

  /** Asks with a CANCEL, which is answered by CANCELLED also where no call runs. */
  async #makeSure(): Promise<void> {
    try {
      void this.frames.queue(FrameFlag.CANCEL, NOTHING)
      const code = await this.#withTimeout(ANSWER_MS, () => this.#trailer())
      if (code === StatusCode.CANCELLED) this.#state = 'open'
      else this.over(new RpcError(StatusCode.UNAVAILABLE, 'the call before ended it'))
    } catch (error) {
      this.over(RpcError.from(error))
    }
  }

  /**
   * A cancelled bidi call may end with its own trailer alone or with CANCELLED behind it. Two CALLs in a row are refused
   * whatever came before, so up to the CANCELLED behind that refusal everything is old. A producer of 0.1.x whose handler
   * failed as the CANCEL came may still wait for the request of the second CALL then: one more CANCEL takes that away.
   */
  async #flushOut(): Promise<void> {
    const unary = Object.values(this.#service.methods).find((method) => method.kind === 'unary')
    if (unary === undefined)
      throw new RpcError(
        StatusCode.UNAVAILABLE,
        'a bidi call was cancelled, and the service has no unary method to make sure with',
      )
    const call = this.format.codec.encode(CallHeader, { method: unary.wireName, callId: 'flush' })
    void this.frames.queue(FrameFlag.CALL, call)
    void this.frames.queue(FrameFlag.CALL, call)
    void this.frames.queue(FrameFlag.CANCEL, NOTHING)
    await this.#withTimeout(ANSWER_MS, async () => {
      await this.#trailerOf(StatusCode.FAILED_PRECONDITION)
      await this.#trailerOf(StatusCode.CANCELLED)
    })
    this.doubt()
  }

  /** Forgets what comes up to the next trailer; gives its code. */
  async #trailer(): Promise<number> {
    for (;;) {
      const frame = await this.read(() => true)
      if (frame !== undefined && (frame.flags & FrameFlag.TRAILER) !== 0)
        return readStatus(this.format, frame.payload).code
    }
  }

  async #trailerOf(code: number): Promise<void> {
    while ((await this.#trailer()) !== code) continue
  }

  async #withTimeout<T>(ms: number, run: () => Promise<T>): Promise<T> {
    const controller = new AbortController()
    const timer = setTimeout(
      () => controller.abort(new RpcError(StatusCode.UNAVAILABLE, `the producer did not answer within ${ms} ms`)),
      ms,
    )
    try {
      return await abortable(run(), controller.signal)
    } finally {
      clearTimeout(timer)
    }
  }

  /** What a call of a session that is over ends with. */
  overError(): RpcError {
    const why = this.#why
    return new RpcError(
      StatusCode.UNAVAILABLE,
      `the session of '${this.#service.name}' is over: ${why?.message ?? 'unknown'}`,
      { cause: why },
    )
  }
}

const NOTHING = new Uint8Array(0)
