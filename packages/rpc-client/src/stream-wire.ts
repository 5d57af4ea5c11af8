import { type InterceptedCall, type RpcError, StatusCode, TransportError } from '@aster/rpc-core'
import {
  abortSourceOf,
  callFormat,
  DRAIN,
  type DrainListener,
  type Frame,
  FrameFlag,
  FrameStream,
  messageLimit,
  NEVER,
  RpcStatus,
  runAt,
  runNeutral,
  type TimerOptions,
  toRpcError,
  epochNow,
  type BackgroundTask,
  runInBackground,
} from '@aster/rpc-core/protocol'
import { isThenable } from '@aster/rpc-core/schema'
import { abortError, unsentError } from './call-errors.ts'
import type { CallFormat } from './call-format.ts'
import { headerEncoder } from './call-header.ts'
import { CANCEL, openStream, type StreamSource } from './connection-source.ts'
import type { LeasedStream } from './leased-stream.ts'
import { progressOf } from './progress.ts'
import { stalledFrames } from './stalled-frames.ts'
import type { Wire, WireOpener } from './wire.ts'

/**
 * How long the reset of a cancelled client stream is delayed, in milliseconds. Meanwhile the producer reads the trailer that
 * withdraws the stream, or the requests that are under way. A reset discards everything that the producer has not read, and a
 * Python producer then runs the handler on a part of the requests (quirk 1 of docs/python-0.1.md).
 */
const WITHDRAW_MS = 1_000

/** Returns the opener for a shared service, which opens a stream for each call. */
export function streamOpener(source: StreamSource, format: CallFormat): WireOpener {
  const encodeHeader = headerEncoder(format.codec)
  return {
    format,
    peerId: '',
    open(call, request) {
      const header = encodeHeader(call)
      const signal = abortSourceOf(call)
      if (signal.aborted) throw abortError(call)
      const begin = (leased: LeasedStream): Wire => new StreamWire(call, format, leased).begin(header, request)
      try {
        const leased = openStream(source, signal, progressOf(call))
        return isThenable(leased) ? beginLater(leased, begin, call) : begin(leased)
      } catch (error) {
        throw unsentError(error, call)
      }
    },
  }
}

async function beginLater(
  opening: Promise<LeasedStream>,
  begin: (leased: LeasedStream) => Wire,
  call: InterceptedCall,
): Promise<Wire> {
  try {
    return begin(await opening)
  } catch (error) {
    throw unsentError(error, call)
  }
}

/** The stream of one call. Both halves are always ended and the receiving half is read to its end, or the peer keeps it open. */
class StreamWire implements Wire, BackgroundTask, DrainListener {
  readonly trailerFollows = true
  isFinished = false
  readonly #call: InterceptedCall
  readonly #format: CallFormat
  readonly #leased: LeasedStream
  readonly #frames: FrameStream
  #ahead: Promise<Frame | undefined> | undefined
  /** When streamed requests were finished, in milliseconds since the epoch; 0 before. */
  #finishedAt = 0
  /** Whether the sending half is finished. A finished half cannot be reset. */
  #closed = false

  constructor(call: InterceptedCall, format: CallFormat, leased: LeasedStream) {
    this.#call = call
    this.#format = format
    this.#leased = leased
    this.#frames = new FrameStream(leased.stream, { stalled: stalledFrames })
    this.#frames.messageLimit = messageLimit(callFormat(format, call))
  }

  begin(header: Uint8Array, request: Frame | undefined): this {
    const { method, peer } = this.#call
    try {
      // The id of the producer is known only now that there is a connection.
      ;(peer as { id: string }).id = this.#leased.connection.remoteId
    } catch {
      // An interceptor froze or removed `peer`.
    }
    if (request === undefined) {
      // No wait: the first frame always has room.
      void this.#frames.queue(FrameFlag.HEADER, header)
      return this
    }
    this.#frames.add(FrameFlag.HEADER, header)
    this.isFinished = true
    // A cancel resets the sending half, so the half may end with the request only if the call cannot be cancelled.
    if (abortSourceOf(this.#call) === NEVER && method.kind === 'unary') {
      this.#frames.add(request.flags, request.payload)
      void this.#close()
    } else {
      // No wait: there is no other request.
      void this.queue(request)
    }
    return this
  }

  get isOpen(): boolean {
    return this.#frames.failure === undefined
  }

  get failure(): RpcError | undefined {
    const { failure } = this.#frames
    if (failure === undefined || (failure instanceof TransportError && failure.kind === 'stopped')) return undefined
    return toRpcError(failure)
  }

  queue(request: Frame): Promise<void> | undefined {
    return this.#frames.queue(request.flags, request.payload)
  }

  /** Leaves the sending half open, so that a reset can still reach a handler that does not write. */
  finish(trailer: Frame): Promise<void> | undefined {
    this.isFinished = true
    this.#finishedAt = epochNow()
    return this.queue(trailer)
  }

  next(): Frame | undefined | Promise<Frame | undefined> {
    return this.#ahead ?? this.#frames.next()
  }

  /** Reads one frame ahead. `next` returns that frame until `peek` is called again. */
  peek(): Promise<Frame | undefined> {
    this.#ahead = this.#frames.read()
    return this.#ahead
  }

  done(error: RpcError | undefined): void {
    this.#leased.release(error)
    void this.#close()
    runInBackground(this)
  }

  /** Reads the stream to its end. The producer has to finish its half soon after its trailer. */
  run(): void {
    void this.#frames.drain(DRAIN, this)
  }

  onOverdue(): void {
    this.#leased.reportStream('overdue')
  }

  onDrained(isStopped: boolean): void {
    this.#leased.reportStream(isStopped ? 'stopped' : 'ended')
  }

  cancel(error: RpcError): void {
    this.#leased.release(error)
    if (this.#call.method.kind !== 'clientStream' || !this.isOpen) this.#frames.abort(CANCEL)
    else if (this.isFinished) this.#resetLater()
    else this.#withdraw()
  }

  /** Delays the reset of a client stream whose requests are complete, so that the handler gets all of them or none. */
  #resetLater(): void {
    const left = this.#finishedAt + WITHDRAW_MS - epochNow()
    if (left <= 0) return this.#frames.abort(CANCEL)
    this.#frames.stop(CANCEL)
    abortLater(this.#frames, Math.min(left, WITHDRAW_MS), { unref: true })
  }

  /** Withdraws a client stream by a trailer (quirk 1 of docs/python-0.1.md). */
  #withdraw(): void {
    try {
      const status = { code: StatusCode.CANCELLED, message: 'the caller cancelled the call' }
      // No wait: this is the last frame.
      void this.#frames.queue(FrameFlag.TRAILER, this.#format.codec.encode(RpcStatus, status))
    } catch {
      // The codec cannot write the trailer, so only a reset can tell the producer.
      return this.#frames.abort(CANCEL)
    }
    this.#frames.stop(CANCEL)
    void this.#close()?.then(abortLater(this.#frames, WITHDRAW_MS))
  }

  /** Finishes the sending half once. Returns a promise if frames are still to be sent. */
  #close(): Promise<void> | undefined {
    if (this.#closed) return undefined
    this.#closed = true
    return this.#frames.finish()
  }
}

/** Abandons a stream after `ms` milliseconds. Returns a function that stops the timer, which keeps no reference to the call. */
function abortLater(frames: FrameStream, ms: number, options?: TimerOptions): () => void {
  return runNeutral(() => runAt(epochNow() + ms, () => frames.abort(CANCEL), options))
}
