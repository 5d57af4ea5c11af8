import { type MethodDefinition, RpcError, type ServiceDefinition, StatusCode } from '@aster/rpc-core'
import {
  abortable,
  CallHeader,
  deadlineSignal,
  type Frame,
  FrameFlag,
  FrameStream,
  runAt,
  toRpcError,
  epochNow,
} from '@aster/rpc-core/protocol'
import type { CallFormat } from '../call-format.ts'
import { CANCEL, type LeasedStream } from '../connection-source.ts'
import { readStatus } from '../responses.ts'

/** How long a producer may take to answer a CANCEL before the session counts as over. */
const ANSWER_MS = 1_000
/** The same while a handler runs: a stream handler of 0.1.x notices a CANCEL only when it yields next. */
const RUNNING_MS = 10_000

/**
 * The stream of a session: one call at a time, and, after anything that may have ended the session silently, a check that
 * it still answers. A session is open, in doubt, or over; a session that is over stays so.
 */
export class SessionLink {
  readonly frames: FrameStream
  readonly format: CallFormat
  readonly #service: ServiceDefinition
  readonly #lease: LeasedStream['lease']
  #state: 'open' | 'in doubt' | 'over' = 'open'
  #why: RpcError | undefined
  #last: Promise<void> = Promise.resolve()
  #reading: Promise<Frame> | undefined
  /** A call runs that has not been withdrawn. */
  #running = false

  constructor(service: ServiceDefinition, format: CallFormat, { stream, lease }: LeasedStream) {
    this.#service = service
    this.#lease = lease
    this.frames = new FrameStream(stream)
    this.format = format
  }

  /** The id of the producer that keeps the session. */
  get peerId(): string {
    return this.#lease.connection.remoteId
  }

  /**
   * Waits for the calls before this one. Returns a function that passes the turn on. Throws `UNAVAILABLE` if the session is
   * over, or the reason of `signal`.
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
      // The caller gave up, but `ready` continues: pass the turn on when it is done.
      void ready.then(release)
      throw error
    }
  }

  /** Whether nothing can be sent any more. */
  get isOver(): boolean {
    return this.#state === 'over'
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
    this.#lease.release(why)
  }

  /**
   * Takes the next frame. Resolves to `undefined`, and takes nothing, if `isCurrent` returns false when the frame arrives: it
   * then belongs to the cancel of that call. The end of the stream, or its failure, ends the session and is thrown.
   */
  async read(isCurrent: () => boolean): Promise<Frame | undefined> {
    const reading = this.peek()
    const frame = await reading
    if (!isCurrent()) return undefined
    if (this.#reading === reading) this.#reading = undefined
    return frame
  }

  /** Waits for the next frame without taking it. Throws as `read` does. */
  peek(): Promise<Frame> {
    this.#reading ??= this.#readFrame()
    return this.#reading
  }

  /** Withdraws the running call. Resolves when nothing of it can come any more, or the session is over. Never rejects. */
  async cancelCall(method: MethodDefinition, requestsFinished: boolean): Promise<void> {
    try {
      this.#running = false
      void this.frames.queue(FrameFlag.CANCEL, NOTHING)
      const first = await withTimeout(RUNNING_MS, this.#nextStatus())
      if (method.kind !== 'bidiStream' || requestsFinished) {
        // If the handler ended first, its own trailer comes before CANCELLED.
        if (first !== StatusCode.CANCELLED) await withTimeout(ANSWER_MS, this.#skipTo(StatusCode.CANCELLED))
      } else if (first !== StatusCode.CANCELLED) {
        await this.#flushOut()
      }
    } catch (error) {
      this.#end(RpcError.from(error))
    }
  }

  /**
   * Finishes the session, and withdraws the call that runs: a producer of 0.1.x keeps the instance and the stream of a
   * session that ends in the middle of a bidi call for as long as the connection lives. Does not wait for the producer to
   * finish its side, since a session of 0.1.x does not. If the producer does not take the frames that are still to be sent,
   * the session is reset, which ends it as well. Never rejects.
   */
  async close(): Promise<void> {
    if (this.#state === 'over') return
    this.#state = 'over'
    this.#why = new RpcError(StatusCode.UNAVAILABLE, 'it is closed')
    if (this.#running) void this.frames.queue(FrameFlag.CANCEL, NOTHING)
    const finished = this.frames.finish()
    this.frames.stop(0)
    const keepStream = runAt(epochNow() + ANSWER_MS, () => this.frames.abort(CANCEL))
    await finished
    keepStream()
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
    this.#end(why)
    throw this.overError()
  }

  /** Asks with a CANCEL, which is answered by CANCELLED even if no call runs. */
  async #makeSure(): Promise<void> {
    try {
      void this.frames.queue(FrameFlag.CANCEL, NOTHING)
      const code = await withTimeout(ANSWER_MS, this.#nextStatus())
      if (code !== StatusCode.CANCELLED) this.#end(new RpcError(StatusCode.UNAVAILABLE, 'the call before ended it'))
      else if (this.#state === 'in doubt') this.#state = 'open'
    } catch (error) {
      this.#end(RpcError.from(error))
    }
  }

  /**
   * Drops the answers to a cancelled bidi call, which ends with its own trailer alone or with CANCELLED behind it. Two CALLs
   * in a row are refused in any state, so everything up to the CANCELLED behind that refusal is old. A producer of 0.1.x
   * whose handler failed when the CANCEL came may still wait for the request of the second CALL then: one more CANCEL ends
   * that.
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
    await withTimeout(ANSWER_MS, this.#skipTo(StatusCode.FAILED_PRECONDITION, StatusCode.CANCELLED))
    this.doubt()
  }

  /** Drops the frames up to the next trailer. Returns the code in it. */
  async #nextStatus(): Promise<number> {
    for (;;) {
      const frame = await this.read(() => true)
      if (frame !== undefined && (frame.flags & FrameFlag.TRAILER) !== 0)
        return readStatus(this.format, frame.payload).code
    }
  }

  /** Drops the frames up to a trailer with each of `codes`, in that order. */
  async #skipTo(...codes: readonly number[]): Promise<void> {
    for (const code of codes) while ((await this.#nextStatus()) !== code) continue
  }

  /** Returns the error of a call whose session is over. */
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

/** Waits for an answer. Throws `UNAVAILABLE` if it does not come in time. */
async function withTimeout<T>(ms: number, answer: Promise<T>): Promise<T> {
  const { signal, cleanup } = deadlineSignal(epochNow() + ms)
  try {
    return await abortable(answer, signal)
  } catch (error) {
    throw signal.aborted ? new RpcError(StatusCode.UNAVAILABLE, `the producer did not answer within ${ms} ms`) : error
  } finally {
    cleanup()
  }
}
