import { type InterceptedCall, type RpcError, StatusCode, TransportError } from '@aster/rpc-core'
import {
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
 * How long the reset of a cancelled client stream is held back, so that the producer reads that the stream is withdrawn, or
 * the requests that are under way. A reset discards what has not been read, and a Python producer then runs the handler on
 * the rest (quirk 1 of docs/python-0.1.md).
 */
const WITHDRAW_MS = 1_000

/** Opens a stream for each call: the calls of a shared service. */
export function streamOpener(source: StreamSource, format: CallFormat): WireOpener {
  const encodeHeader = headerEncoder(format.codec)
  return {
    format,
    peerId: '',
    open(call, request) {
      const header = encodeHeader(call)
      const { signal } = call
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

/** The stream of one call. Both halves are always ended, and the receiving half is read out: that frees its place. */
class StreamWire implements Wire, BackgroundTask, DrainListener {
  readonly trailerFollows = true
  isFinished = false
  readonly #call: InterceptedCall
  readonly #format: CallFormat
  readonly #leased: LeasedStream
  readonly #frames: FrameStream
  #ahead: Promise<Frame | undefined> | undefined
  /** When the requests were finished, if they were streamed; milliseconds since the epoch. */
  #finishedAt = 0
  /** Whether the sending half is finished: from then on nothing can reset it. */
  #closed = false

  constructor(call: InterceptedCall, format: CallFormat, leased: LeasedStream) {
    this.#call = call
    this.#format = format
    this.#leased = leased
    this.#frames = new FrameStream(leased.stream, { stalled: stalledFrames })
    this.#frames.messageLimit = messageLimit(callFormat(format, call))
  }

  begin(header: Uint8Array, request: Frame | undefined): this {
    const { signal, method, peer } = this.#call
    try {
      // Only the connection says which producer answers.
      ;(peer as { id: string }).id = this.#leased.connection.remoteId
    } catch {
      // An interceptor froze the peer, or took it away.
    }
    if (request === undefined) {
      // No wait: it is the first frame.
      void this.#frames.queue(FrameFlag.HEADER, header)
      return this
    }
    this.#frames.add(FrameFlag.HEADER, header)
    this.isFinished = true
    // The reset of the sending half tells the producer of a cancel. It is kept open unless nothing can cancel the call.
    if (signal === NEVER && method.kind === 'unary') {
      this.#frames.add(request.flags, request.payload)
      void this.#close()
    } else {
      // No wait: it is the only request.
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

  /** Leaves the sending half open: a reset must still reach a handler that does not write. */
  finish(trailer: Frame): Promise<void> | undefined {
    this.isFinished = true
    this.#finishedAt = epochNow()
    return this.queue(trailer)
  }

  next(): Frame | undefined | Promise<Frame | undefined> {
    return this.#ahead ?? this.#frames.next()
  }

  /** Reads ahead. `next` returns this frame until the next one is read ahead. */
  peek(): Promise<Frame | undefined> {
    this.#ahead = this.#frames.read()
    return this.#ahead
  }

  done(error: RpcError | undefined): void {
    this.#leased.release(error)
    void this.#close()
    runInBackground(this)
  }

  /** Reads the stream out. The producer has to finish its half soon behind its trailer. */
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

  /** Keeps the requests of a client stream from being lost: its handler gets all of them or none. */
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
      // No wait: it is the last frame.
      void this.#frames.queue(FrameFlag.TRAILER, this.#format.codec.encode(RpcStatus, status))
    } catch {
      // The codec fails: without the trailer the reset is all there is.
      return this.#frames.abort(CANCEL)
    }
    this.#frames.stop(CANCEL)
    void this.#close()?.then(abortLater(this.#frames, WITHDRAW_MS))
  }

  /** Returns what `finish` returns. */
  #close(): Promise<void> | undefined {
    if (this.#closed) return undefined
    this.#closed = true
    return this.#frames.finish()
  }
}

/** Abandons a stream after `ms` milliseconds, unless the function that it returns is called. Nothing of the call is kept. */
function abortLater(frames: FrameStream, ms: number, options?: TimerOptions): () => void {
  return runNeutral(() => runAt(epochNow() + ms, () => frames.abort(CANCEL), options))
}
