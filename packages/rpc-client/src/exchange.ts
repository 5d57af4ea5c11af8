import { type InterceptedCall, type Next, RpcError, StatusCode } from '@aster/rpc-core'
import {
  type AnyIterator,
  beforeDecoding,
  cancelledError,
  deadlineError,
  encodeMessage,
  type Frame,
  FrameFlag,
  iteratorOf,
  OK_STATUS,
  onAbort,
  requestsError,
  RpcStatus,
  toRpcError,
  epochNow,
} from '@aster/rpc-core/protocol'
import { isThenable } from '@aster/rpc-core/schema'
import { leftError, noResponseError, noTrailerError, secondResponseError } from './call-errors.ts'
import type { CallFormat } from './call-format.ts'
import { readResponse, readTrailer } from './responses.ts'
import type { Wire, WireOpener } from './wire.ts'

/**
 * Returns the function behind the last interceptor, which puts a call on a wire. It resolves to the only response, or to an
 * iterator of the responses.
 */
export function transmitter(opener: WireOpener): Next {
  return (call) => transmit(opener, call)
}

async function transmit(opener: WireOpener, call: InterceptedCall): Promise<unknown> {
  const { format } = opener
  const { kind, request: type } = call.method
  const isSingle = kind === 'unary' || kind === 'serverStream'
  const request = isSingle ? encodeMessage(format, type, call.request) : undefined
  const exchange = new Exchange(call, format, await opener.open(call, request))
  if (!isSingle) void exchange.sendAll(call.request)
  return kind === 'unary' || kind === 'clientStream' ? await exchange.response() : exchange
}

/**
 * The messages of one call over its wire, from the header to the outcome. It ends exactly once: with the trailer, with a
 * failure of the wire or of a message, with the abort of the call's signal, or when the caller leaves the responses.
 */
export class Exchange implements AsyncIterableIterator<unknown, undefined> {
  readonly #call: InterceptedCall
  readonly #format: CallFormat
  readonly #wire: Wire
  #offAbort: (() => void) | undefined
  /** Where requests come from, until it is exhausted. */
  #source: AnyIterator | undefined
  #ended = false
  /** The error that it ended with; `undefined` for `OK`. */
  #error: RpcError | undefined

  constructor(call: InterceptedCall, format: CallFormat, wire: Wire) {
    this.#call = call
    this.#format = format
    this.#wire = wire
    this.#offAbort = onAbort(call.signal, () => this.#abort(cancelledError(call.signal)))
    this.#lookAhead()
  }

  /** Sends requests until they end or the call does. A failure of their source ends the call. Never rejects. */
  async sendAll(requests: unknown): Promise<void> {
    try {
      const source = iteratorOf(requests, requestsError)
      this.#source = source
      if (this.#ended) return this.#leaveSource()
      for (;;) {
        const step = await source.next()
        if (step.done === true) this.#source = undefined
        if (!this.#takesRequests) return
        if (step.done === true) break
        const room = this.#wire.queue(encodeMessage(this.#format, this.#call.method.request, step.value))
        if (room !== undefined) await room
      }
      const payload = this.#format.codec.encode(RpcStatus, OK_STATUS)
      await this.#wire.finish({ flags: FrameFlag.TRAILER, payload })
    } catch (error) {
      this.#abort(RpcError.from(error, StatusCode.CANCELLED))
    }
  }

  /** Returns the response of a unary or client-stream call. Throws the call's error. */
  async response(): Promise<unknown> {
    const response = await this.next()
    if (response.done === true) throw noResponseError(this.#call)
    if (this.#wire.trailerFollows) {
      const end = await this.next()
      if (end.done !== true) throw this.#abort(secondResponseError(this.#call))
    } else {
      // A call that was cancelled while the response waited to be decoded has ended already.
      if (this.#error !== undefined) throw this.#error
      this.#complete(undefined)
    }
    return response.value
  }

  /** Returns the next response; done at the end with `OK`. Throws the call's error, again and again. */
  async next(): Promise<IteratorResult<unknown, undefined>> {
    while (!this.#ended) {
      let frame: Frame | undefined
      try {
        const next = this.#wire.next()
        frame = isThenable(next) ? await next : next
      } catch (error) {
        throw this.#abort(toRpcError(error))
      }
      if (this.#ended) break
      if (frame === undefined) throw this.#abort(noTrailerError())
      const isTrailer = isTrailerFrame(frame)
      if (!isTrailer) this.#lookAhead()
      if ((frame.flags & FrameFlag.ROW_SCHEMA) !== 0) continue
      try {
        if (!isTrailer) {
          const loading = beforeDecoding(this.#format, frame)
          // A response that came before the end of the call is returned, even if the call ends while it is decoded.
          if (loading !== undefined) await loading
          return { done: false, value: readResponse(this.#format, this.#call, frame) }
        }
        this.#complete(readTrailer(this.#format, this.#call, frame.payload) ?? this.#lateError())
      } catch (error) {
        throw this.#abort(RpcError.from(error))
      }
    }
    if (this.#error !== undefined) throw this.#error
    return { done: true, value: undefined }
  }

  /** Cancels the call unless it has ended. */
  async return(): Promise<IteratorResult<unknown, undefined>> {
    this.#abort(leftError())
    return { done: true, value: undefined }
  }

  /** Cancels the call with `error` unless it has ended. Throws `error`. */
  async throw(error: unknown): Promise<IteratorResult<unknown, undefined>> {
    this.#abort(RpcError.from(error, StatusCode.CANCELLED))
    throw error
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  get #takesRequests(): boolean {
    return !this.#ended && !this.#wire.isFinished && this.#wire.isOpen
  }

  /**
   * Looks at one frame of a bidi call before it is asked for, so that a caller that only sends learns of the end. A
   * response stays where it is; a trailer ends the call at once.
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
      // The error is kept, for the next request or response.
      await this.next().catch(() => {})
    }
  }

  /**
   * Returns `DEADLINE_EXCEEDED` for an `OK` that comes after the deadline while requests were still to be sent: a producer
   * of 0.1.x takes a request that arrives too late for the end of the requests, and its `OK` may arrive before the timer
   * of this side runs.
   */
  #lateError(): RpcError | undefined {
    const { method, deadline } = this.#call
    if (method.kind !== 'bidiStream' || this.#wire.isFinished || deadline === undefined) return undefined
    return epochNow() < deadline ? undefined : deadlineError()
  }

  #complete(error: RpcError | undefined): void {
    this.#end(error)
    this.#wire.done(error)
  }

  /** Ends the call with `error` unless it has ended. Returns the error that it ended with. */
  #abort(error: RpcError): RpcError {
    if (this.#ended) return this.#error ?? error
    this.#end(error)
    this.#wire.cancel(error)
    return error
  }

  #end(error: RpcError | undefined): void {
    this.#ended = true
    this.#error = error
    this.#offAbort?.()
    if (this.#source !== undefined) void this.#leaveSource()
  }

  /** Tells the source that its requests are no longer wanted, with the error of the call: it may be waiting for something. */
  async #leaveSource(): Promise<void> {
    try {
      await this.#source?.return?.(this.#error)
    } catch {
      // The clean-up of the source failed; the call has its outcome already.
    }
  }
}

function isTrailerFrame({ flags }: Frame): boolean {
  return (flags & FrameFlag.TRAILER) !== 0
}
