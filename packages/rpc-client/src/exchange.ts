import { type InterceptedCall, type RpcError, StatusCode } from '@aster/rpc-core'
import {
  type AnyIterator,
  type AbortSource,
  abortSourceOf,
  beforeDecoding,
  callDeadlineError,
  encodeMessage,
  type Frame,
  FrameFlag,
  iteratorOf,
  LongWork,
  OK_STATUS,
  onAbort,
  requestsError,
  RpcStatus,
  toRpcError,
  epochNow,
  warnOnce,
} from '@aster/rpc-core/protocol'
import { isThenable } from '@aster/rpc-core/schema'
import {
  abortError,
  emptyFramesError,
  leftError,
  noResponseError,
  noTrailerError,
  noteMade,
  secondResponseError,
  soundError,
} from './call-errors.ts'
import type { CallFormat } from './call-format.ts'
import { Phase, type Progress, progressOf } from './progress.ts'
import { readResponse, readTrailer } from './responses.ts'
import type { Wire } from './wire.ts'

/** The most frames without a message that a producer may send between two responses. */
const MAX_EMPTY_FRAMES = 100

/**
 * Exchanges the messages of one call over its wire, from the header to the outcome. An exchange ends exactly once: with the
 * trailer, with a failure of the wire or of a message, with the abort of the call's signal, or when the caller leaves the responses.
 */
export class Exchange implements AsyncIterableIterator<unknown, undefined> {
  readonly #call: InterceptedCall
  readonly #format: CallFormat
  readonly #wire: Wire
  readonly #progress: Progress | undefined
  #offAbort: (() => void) | undefined
  /** The source of the requests, until it is exhausted. */
  #source: AnyIterator | undefined
  #ended = false
  /** The error that ended the call; `undefined` for `OK`. */
  #error: RpcError | undefined

  constructor(call: InterceptedCall, format: CallFormat, wire: Wire) {
    this.#call = call
    this.#format = format
    this.#wire = wire
    this.#progress = progressOf(call)
    try {
      this.#offAbort = onAbort(abortSourceOf(call), () => this.#abort(abortError(call)))
    } catch (error) {
      // The signal is not one of the platform, and does not accept a listener.
      this.#abort(soundError(error))
    }
    this.#lookAhead()
  }

  /** Sends requests until their source or the call ends. If the source fails, the call fails. Never rejects. */
  async sendAll(requests: unknown): Promise<void> {
    try {
      const source = iteratorOf(requests, requestsError)
      this.#source = source
      if (this.#ended) return this.#leaveSource()
      const work = new LongWork()
      for (;;) {
        const next = source.next()
        // A source that is not asynchronous returns no promise, and may be asked until the wire has no room.
        const step = isThenable(next) ? await next : next
        if (step.done === true) this.#source = undefined
        if (!this.#takesRequests) return this.#stopSending()
        if (step.done === true) break
        // The items of an `Iterable` may be promises, as in `for await`.
        const request = isThenable(step.value) ? await step.value : step.value
        const room = this.#wire.queue(encodeMessage(this.#format, this.#call.method.request, request)) ?? work.pause()
        if (room !== undefined) await room
      }
      const payload = this.#format.codec.encode(RpcStatus, OK_STATUS)
      await this.#wire.finish({ flags: FrameFlag.TRAILER, payload })
      if (this.#call.method.kind === 'clientStream') this.#enter(Phase.ANSWER)
    } catch (error) {
      this.#abort(soundError(error, StatusCode.CANCELLED))
    }
  }

  /** Returns the response of a unary or client-stream call. Rejects with the error of the call. */
  response(): Promise<unknown> {
    return this.#receive(true)
  }

  /** Returns the next response, or `done` if the call has ended with `OK`. Every call rejects if the call has failed. */
  next(): Promise<IteratorResult<unknown, undefined>> {
    return this.#receive(false) as Promise<IteratorResult<unknown, undefined>>
  }

  /** Returns the next response as an iterator result. If `isOnly`, waits for the end of the call and returns the bare response. */
  async #receive(isOnly: boolean): Promise<unknown> {
    let only: IteratorYieldResult<unknown> | undefined
    for (let empty = 0; !this.#ended; empty++) {
      let frame: Frame | undefined
      try {
        const next = this.#wire.next()
        frame = isThenable(next) ? await next : next
      } catch (error) {
        throw this.#abort(soundError(toRpcError(error)))
      }
      if (this.#ended) break
      if (frame === undefined) throw this.#abort(noTrailerError())
      const isTrailer = isTrailerFrame(frame)
      if (!isTrailer) this.#lookAhead()
      // A trailer with more flags is still a trailer. If it were skipped, a bidi call would peek at it for ever.
      if (!isTrailer && (frame.flags & FrameFlag.ROW_SCHEMA) !== 0) {
        if (empty === MAX_EMPTY_FRAMES) throw this.#abort(emptyFramesError(this.#call, MAX_EMPTY_FRAMES))
        continue
      }
      try {
        if (isTrailer) {
          this.#complete(readTrailer(this.#format, this.#call, frame.payload) ?? this.#lateError())
          break
        }
        const waiting = beforeDecoding(this.#format, frame, this)
        // Waits for the decompressor or the turn of a large message. The response is returned even if the call ends meanwhile.
        if (waiting !== undefined) await waiting
        if (this.#call.method.kind === 'serverStream') this.#enter(Phase.RESPONSES)
        const response = { done: false as const, value: readResponse(this.#format, this.#call, frame) }
        if (!isOnly) return response
        if (only !== undefined) throw secondResponseError(this.#format, this.#call)
        only = response
        empty = -1
        // The call has ended already if it was cancelled while the response waited to be decoded.
        if (!this.#wire.trailerFollows && !this.#ended) this.#complete(undefined)
      } catch (error) {
        throw this.#abort(soundError(error))
      }
    }
    if (this.#error !== undefined) throw this.#error
    if (!isOnly) return { done: true, value: undefined }
    if (only === undefined) throw noResponseError(this.#format, this.#call)
    return only.value
  }

  /** Cancels the call, unless it has ended. */
  async return(): Promise<IteratorResult<unknown, undefined>> {
    this.#abort(leftError())
    return { done: true, value: undefined }
  }

  /** Cancels the call with `error`, unless it has ended. Rejects with `error`. */
  async throw(error: unknown): Promise<IteratorResult<unknown, undefined>> {
    this.#abort(soundError(error, StatusCode.CANCELLED))
    throw error
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  /** The id of the peer. Large messages of different peers are decoded in turns. */
  get peerId(): string {
    return this.#call.peer.id
  }

  /** Ends the wait for a turn: a response of an aborted call is not decoded. */
  get scope(): AbortSource {
    return abortSourceOf(this.#call)
  }

  get #takesRequests(): boolean {
    return !this.#ended && !this.#wire.isFinished && this.#wire.isOpen
  }

  /**
   * Peeks at the next frame of a bidi call, so that a caller that only sends learns of the end of the call. A response stays on the
   * wire, and a trailer ends the call at once.
   */
  #lookAhead(): void {
    if (this.#call.method.kind !== 'bidiStream' || this.#ended) return
    void this.#endWith(this.#wire.peek())
  }

  async #endWith(ahead: Promise<Frame | undefined>): Promise<void> {
    try {
      const frame = await ahead
      if (frame === undefined || isTrailerFrame(frame)) await this.next()
    } catch {
      // The next request or response throws the error.
      await this.next().catch(() => {})
    }
  }

  /**
   * Returns `DEADLINE_EXCEEDED` if an `OK` arrives after the deadline although requests were still to be sent (quirk 2 of
   * docs/python-0.1.md). Such an `OK` may arrive before the local timer runs.
   */
  #lateError(): RpcError | undefined {
    const { method, deadline } = this.#call
    if (method.kind !== 'bidiStream' || this.#wire.isFinished || deadline === undefined) return undefined
    return epochNow() < deadline ? undefined : noteMade(callDeadlineError(this.#call))
  }

  #complete(error: RpcError | undefined): void {
    this.#end(error)
    try {
      this.#wire.done(error)
    } catch (thrown) {
      warnOfWire(thrown)
    }
  }

  /** Ends the call with `error`, unless it has ended. Returns the error that ended the call. */
  #abort(error: RpcError): RpcError {
    if (this.#ended) return this.#error ?? error
    this.#end(error)
    try {
      this.#wire.cancel(error)
    } catch (thrown) {
      warnOfWire(thrown)
    }
    return error
  }

  #enter(phase: Phase): void {
    if (this.#progress !== undefined) this.#progress.phase = phase
  }

  #end(error: RpcError | undefined): void {
    this.#ended = true
    this.#error = error
    if (this.#progress !== undefined) this.#progress.underWay--
    this.#offAbort?.()
    if (this.#source !== undefined) void this.#leaveSource()
  }

  /**
   * Leaves the source because the producer takes no more requests. If the wire broke, ends the call, since a caller that only sends
   * does not read and would never learn of the break.
   */
  #stopSending(): void {
    const { failure } = this.#wire
    if (!this.#ended && failure !== undefined) this.#abort(soundError(failure))
    else if (this.#source !== undefined) void this.#leaveSource()
  }

  /** Calls `return` of the source with the error of the call, so that a waiting source can stop. */
  async #leaveSource(): Promise<void> {
    const source = this.#source
    this.#source = undefined
    try {
      await source?.return?.(this.#error)
    } catch {
      // The clean-up of the source failed, but the call has its outcome already.
    }
  }
}

/** Warns that a transport threw at the end of a call, which the contract of transports forbids. The call has its outcome. */
function warnOfWire(thrown: unknown): void {
  warnOnce('ASTER_TRANSPORT', `the stream of a call could not be ended: ${soundError(thrown).message}`)
}

function isTrailerFrame({ flags }: Frame): boolean {
  return (flags & FrameFlag.TRAILER) !== 0
}
