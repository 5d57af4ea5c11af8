import { type InterceptedCall, markUnsent, RpcError, StatusCode } from '@aster/rpc-core'
import {
  beforeDecoding,
  cancelledError,
  deadlineError,
  NEVER,
  encodeMessage,
  type Frame,
  FrameFlag,
  FrameStream,
  OK_STATUS,
  onAbort,
  toRpcError,
  RpcStatus,
  StreamHeader,
  unref,
} from '@aster/rpc-core/protocol'
import { metadataLists } from './call-metadata.ts'
import { CANCEL, type ConnectionLease, type ConnectionSource, openStream } from './connection-source.ts'
import type { CallFormat, Exchange, OpenExchange } from './exchange.ts'
import { noResponse, readResponse, readTrailer, secondResponse } from './responses.ts'

/**
 * How long a cancelledError client stream is kept from its reset: to say that it is withdrawn, or for its requests to arrive. A
 * reset takes away what has not been read, and a producer of 0.1.x then runs the handler on the rest.
 */
const WITHDRAW_MS = 1_000

/** Calls of a shared service: a stream for each. */
export function streamPerCall(connect: ConnectionSource, format: CallFormat): OpenExchange {
  return async (call, first) => {
    const header = format.codec.encode(StreamHeader, headerOf(call, format))
    const { signal } = call
    if (signal.aborted) throw cancelledError(signal)
    try {
      const { stream, lease } = await openStream(connect, signal)
      // Only now is it known who answers.
      Object.assign(call.peer, { id: lease.connection.remoteId })
      return new StreamExchange(call, format, lease, new FrameStream(stream), header, first)
    } catch (error) {
      throw signal.aborted ? cancelledError(signal) : markUnsent(toRpcError(error))
    }
  }
}

class StreamExchange implements Exchange {
  readonly #call: InterceptedCall
  readonly #format: CallFormat
  readonly #lease: ConnectionLease
  readonly #frames: FrameStream
  #offAbort = (): void => {}
  #ended = false
  /** The requests are complete. */
  #finished = false
  /** When they were; milliseconds since the epoch. */
  #finishedAt = 0
  /** The sending half is finished: from here on nothing can reset it. */
  #closed = false
  /** Why it ended, unless with `OK`. */
  #error: RpcError | undefined
  #onEnd: ((error: RpcError | undefined) => void) | undefined
  #ahead: Promise<Frame | undefined> | undefined

  constructor(
    call: InterceptedCall,
    format: CallFormat,
    lease: ConnectionLease,
    frames: FrameStream,
    header: Uint8Array,
    first: Frame | undefined,
  ) {
    this.#call = call
    this.#format = format
    this.#lease = lease
    this.#frames = frames
    void frames.queue(FrameFlag.HEADER, header)
    if (first !== undefined) {
      void frames.queue(first.flags, first.payload)
      this.#finished = true
      // A call that can be cancelledError keeps its sending half open: its reset is what tells the producer of a cancel.
      if (call.signal === NEVER && call.method.kind === 'unary') void this.#close()
    }
    const off = onAbort(call.signal, () => this.abort(cancelledError(call.signal)))
    if (this.#ended) off()
    else this.#offAbort = off
    this.#readAhead()
  }

  get wantsRequests(): boolean {
    return !this.#ended && !this.#finished && this.#frames.failure === undefined
  }

  onEnd(callback: (error: RpcError | undefined) => void): void {
    if (this.#ended) callback(this.#error)
    else this.#onEnd = callback
  }

  send(request: unknown): Promise<void> | undefined {
    if (!this.wantsRequests) return undefined
    const frame = encodeMessage(this.#format, this.#call.method.request, request)
    return this.#frames.queue(frame.flags, frame.payload)
  }

  /** Says so by a trailer, which leaves the sending half open: a reset must still reach a handler that does not write. */
  async finishRequests(): Promise<void> {
    if (!this.wantsRequests) return
    this.#finished = true
    this.#finishedAt = Date.now()
    await this.#frames.queue(FrameFlag.TRAILER, this.#format.codec.encode(RpcStatus, OK_STATUS))
  }

  async #close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    await this.#frames.finish()
  }

  async receive(): Promise<IteratorResult<unknown, undefined>> {
    for (;;) {
      if (this.#error !== undefined) throw this.#error
      if (this.#ended) return { done: true, value: undefined }
      let frame: Frame | undefined
      try {
        frame = this.#ahead === undefined ? (this.#frames.next() ?? (await this.#frames.read())) : await this.#ahead
      } catch (error) {
        throw this.abort(toRpcError(error))
      }
      if (this.#error !== undefined) throw this.#error
      if (this.#ended) return { done: true, value: undefined }
      if (frame === undefined) {
        throw this.abort(
          new RpcError(StatusCode.UNAVAILABLE, 'the stream ended without a trailer: the producer gave up on the call'),
        )
      }
      if ((frame.flags & FrameFlag.TRAILER) === 0) {
        this.#ahead = undefined
        this.#readAhead()
      }
      if ((frame.flags & FrameFlag.ROW_SCHEMA) !== 0) continue
      try {
        if ((frame.flags & FrameFlag.TRAILER) === 0) {
          const loading = beforeDecoding(this.#format, frame)
          // What came before the end is given out, though that may be here by now.
          if (loading !== undefined) await loading
          return { done: false, value: readResponse(this.#format, this.#call, frame) }
        }
        this.#complete(readTrailer(this.#format, this.#call, frame.payload) ?? this.#lateEnd())
      } catch (error) {
        throw this.abort(RpcError.from(error))
      }
    }
  }

  /**
   * A producer of 0.1.x takes a request that comes after the deadline for the end of the requests, and says OK; that may
   * arrive before this side's timer runs.
   */
  #lateEnd(): RpcError | undefined {
    const { method, deadline } = this.#call
    const whole = method.kind !== 'bidiStream' || this.#finished
    return whole || deadline === undefined || Date.now() < deadline ? undefined : deadlineError()
  }

  /**
   * Of a bidi call one frame is read before it is asked for: a caller that only sends must learn of the end. A response
   * waits there; a trailer ends the call at once.
   */
  #readAhead(): void {
    if (this.#call.method.kind !== 'bidiStream' || this.#ended) return
    const ahead = this.#frames.read()
    this.#ahead = ahead
    const look = async (): Promise<void> => {
      const frame = await ahead
      if (frame === undefined || (frame.flags & FrameFlag.TRAILER) !== 0) await this.receive()
    }
    look().catch(() => {
      // Told by receive, to whoever sends or receives next.
      void this.receive().catch(() => {})
    })
  }

  async receiveOnly(): Promise<unknown> {
    const response = await this.receive()
    if (response.done) throw noResponse(this.#call)
    const end = await this.receive()
    if (!end.done) throw this.abort(secondResponse(this.#call))
    return response.value
  }

  abort(error: RpcError): RpcError {
    if (this.#ended) return this.#error ?? error
    this.#end(error)
    if (this.#call.method.kind !== 'clientStream' || this.#frames.failure !== undefined) this.#frames.abort(CANCEL)
    else if (this.#finished) this.#resetLater()
    else this.#withdraw()
    return error
  }

  /** The handler of a complete client stream has all requests or none. */
  #resetLater(): void {
    const left = this.#finishedAt + WITHDRAW_MS - Date.now()
    if (left <= 0) return this.#frames.abort(CANCEL)
    this.#frames.stop(CANCEL)
    unref(setTimeout(() => this.#frames.abort(CANCEL), Math.min(left, WITHDRAW_MS)))
  }

  /** A producer of 0.1.x runs the handler on a client stream that is reset; a trailer with CANCELLED keeps it from that. */
  #withdraw(): void {
    const status = this.#format.codec.encode(RpcStatus, {
      code: StatusCode.CANCELLED,
      message: 'the caller cancelledError the call',
    })
    void this.#frames.queue(FrameFlag.TRAILER, status)
    this.#frames.stop(CANCEL)
    const timer = setTimeout(() => this.#frames.abort(CANCEL), WITHDRAW_MS)
    void this.#close().then(() => clearTimeout(timer))
  }

  /** The trailer is in: this side is finished too, and the stream read to its end, so that its credit comes back. */
  #complete(error: RpcError | undefined): void {
    this.#end(error)
    void this.#close()
    void this.#frames.drain()
  }

  #end(error: RpcError | undefined): void {
    this.#error = error
    this.#ended = true
    this.#offAbort()
    this.#lease.release(error)
    this.#onEnd?.(error)
  }
}

function headerOf(call: InterceptedCall, format: CallFormat): StreamHeader {
  const { keys, values } = metadataLists(call.metadata)
  return {
    service: call.service.name,
    method: call.method.wireName,
    version: call.service.version,
    callId: call.callId,
    deadlineEpochMs: call.deadline ?? 0,
    serializationMode: format.codec.mode,
    metadataKeys: keys,
    metadataValues: values,
  }
}
