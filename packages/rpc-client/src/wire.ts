import type { InterceptedCall, RpcError } from '@aster/rpc-core'
import type { Frame } from '@aster/rpc-core/protocol'
import type { CallFormat } from './call-format.ts'

/** Opens a wire for each call: a stream of its own, or a turn on the stream of a session. */
export interface WireOpener {
  /** The format of the messages and statuses of all calls. */
  readonly format: CallFormat
  /** The id of the peer that answers every call; `''` if each call may have another. */
  readonly peerId: string
  /**
   * Opens the wire of a call and sends the header. A single request goes out in the same write. Returns a promise unless the
   * wire is open at once.
   *
   * @param request the request of a call that has exactly one
   * @throws RpcError `INVALID_ARGUMENT` if a header cannot hold the metadata. Any other error is the reason of the aborted
   *   signal, or is marked as unsent.
   */
  open(call: InterceptedCall, request: Frame | undefined): Wire | Promise<Wire>
}

/** Carries the frames of one call. Each wire is ended by one call of `done` or `cancel`, and is not used after that. */
export interface Wire {
  /** Whether frames still reach the producer; false if the producer stopped reading, or the session is over. */
  readonly isOpen: boolean
  /** The error that broke the wire; `undefined` while the wire works, and if the producer only stopped reading. */
  readonly failure: RpcError | undefined
  /** Whether the last request was sent: the only one, or the last one before `finish`. */
  readonly isFinished: boolean
  /** Whether a trailer follows the only response of a unary or client-stream call. */
  readonly trailerFollows: boolean
  /** Sends a request. If the queue is full, returns a promise: wait for that promise before the next request. */
  queue(request: Frame): Promise<void> | undefined
  /** Sends the trailer that ends the requests. If the queue is full, returns a promise, as `queue` does. */
  finish(trailer: Frame): Promise<void> | undefined
  /**
   * Takes the next frame, or returns `undefined` if the stream or the call has ended. Throws the error that broke the stream, or
   * returns a promise that rejects with it.
   */
  next(): Frame | undefined | Promise<Frame | undefined>
  /** Waits for the next frame without taking it. A call that uses `peek` must call it exactly once before each `next`. */
  peek(): Promise<Frame | undefined>
  /** Ends a call that the producer has answered: with `error`, or with `OK` if `error` is `undefined`. */
  done(error: RpcError | undefined): void
  /** Ends the call with `error` before its answer is complete, and tells the producer. */
  cancel(error: RpcError): void
}
