import type { Metadata } from '../metadata.ts'

/** The caller, as a handler sees it. */
export interface Peer {
  /** The id that the transport proved. */
  readonly id: string
  /** What the peer's credential says of it; empty where none was asked for. */
  readonly attributes: Readonly<Record<string, string>>
}

/** What a handler is told about the call beside the request. */
export interface HandlerContext {
  readonly service: string
  /** The wire name. */
  readonly method: string
  readonly callId: string
  readonly peer: Peer
  readonly metadata: Metadata
  /** Milliseconds since the epoch, after which the caller does not wait. */
  readonly deadline: number | undefined
  /** Aborts when the caller cancels, the deadline passes, or the connection is lost; the reason is an `RpcError`. */
  readonly signal: AbortSignal
}
