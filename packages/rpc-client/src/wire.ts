import type { InterceptedCall, RpcError } from '@aster/rpc-core'
import type { Frame } from '@aster/rpc-core/protocol'
import type { CallFormat } from './call-format.ts'

/** Opens a wire for each call: a stream of its own, or a turn on the stream of a session. */
export interface WireOpener {
  /** How the messages and the statuses of all its calls are written. */
  readonly format: CallFormat
  /** The id of the peer that answers every call; `''` if each call may have another. */
  readonly peerId: string
  /**
   * Opens the wire of a call and sends its header, in one write with `request` if the call has a single one. Returns a promise
   * unless the wire is open at once.
   *
   * @throws RpcError `INVALID_ARGUMENT` for metadata that no header can hold. Any other error is that of the aborted
   *   signal, or is marked as unsent.
   */
  open(call: InterceptedCall, request: Frame | undefined): Wire | Promise<Wire>
}

/** Carries the frames of one call. Nothing is called on it after `done` or `cancel`, one of which is called once. */
export interface Wire {
  /** Whether frames still reach the producer: false if it stopped reading, or its session is over. */
  readonly isOpen: boolean
  /** Why nothing can come or go any more, once that is known; `undefined` if the producer only stopped reading. */
  readonly failure: RpcError | undefined
  /** Whether the last request was sent: the single one, or those before `finish`. */
  readonly isFinished: boolean
  /** Whether the only response of a unary or client-stream call has a trailer behind it. */
  readonly trailerFollows: boolean
  /** Sends a request. Returns a promise if the queue is full: wait for it before the next request. */
  queue(request: Frame): Promise<void> | undefined
  /** Sends the trailer behind the last request. Returns what `queue` returns. */
  finish(trailer: Frame): Promise<void> | undefined
  /**
   * Takes the next frame; `undefined` at the end of the stream, and when the call ends first. Throws, or rejects with,
   * the error that broke the stream.
   */
  next(): Frame | undefined | Promise<Frame | undefined>
  /** Waits for the frame that `next` takes, without taking it. A call that uses it does so once before each `next`. */
  peek(): Promise<Frame | undefined>
  /** Ends the call that the producer has answered: with `OK`, or with `error`. */
  done(error: RpcError | undefined): void
  /** Ends the call with `error` before its answer is complete, and tells the producer. */
  cancel(error: RpcError): void
}
