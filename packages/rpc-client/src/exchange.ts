import type { Codec } from '@aster/rpc-core'
import { type Frame, type MessageFormat } from '@aster/rpc-core/protocol'
import type { RpcError, InterceptedCall } from '@aster/rpc-core'

/** How the messages and the statuses of a call are written. */
export interface CallFormat extends MessageFormat {
  /** Reads trailers that are not in the calls' own format. */
  readonly statusCodec: Codec | undefined
  /** Added to errors of messages that one side cannot read. */
  readonly mismatchHint: string | undefined
}

/** Puts a call on the wire, with `first` in the same write as its header. */
export type OpenExchange = (call: InterceptedCall, first?: Frame) => Promise<Exchange>

/** One call on the wire, from its header to its outcome. It ends exactly once. */
export interface Exchange {
  /** False once the call is over, or the producer does not want more requests. */
  readonly wantsRequests: boolean
  /** Runs once when the call is over, with its error where it has one. */
  onEnd(callback: (error: RpcError | undefined) => void): void
  /** Sends a request. Where it gives a promise, wait for it before the next one. */
  send(request: unknown): Promise<void> | undefined
  /** Says that no more requests come. */
  finishRequests(): Promise<void>
  /** The next response; done at the end with `OK`. Throws the call's error. */
  receive(): Promise<IteratorResult<unknown, undefined>>
  /** The one response of a unary call or a client stream. */
  receiveOnly(): Promise<unknown>
  /** Ends the call with `error` unless it is over; gives the error that it ended with. */
  abort(error: RpcError): RpcError
}
