import type { Metadata } from '../metadata.ts'

/** The other side of a call. The peer of a handler is the caller. */
export interface Peer {
  /** The id, which the transport has verified. */
  readonly id: string
  /** The attributes of the peer's credential; empty if no credential was requested. */
  readonly attributes: Readonly<Record<string, string>>
}

/** The call that a handler serves, without its request. */
export interface HandlerContext {
  /** The name of the service. */
  readonly service: string
  /** The wire name of the method. */
  readonly method: string
  /** The id of the call, which the caller chose. */
  readonly callId: string
  /** The caller. */
  readonly peer: Peer
  /** The metadata that the caller sent. */
  readonly metadata: Metadata
  /**
   * The deadline in milliseconds since the epoch, after which the caller no longer waits; `undefined` if the call has none.
   */
  readonly deadline: number | undefined
  /** Aborts when the caller cancels, the deadline passes, or the connection is lost. The reason is an `RpcError`. */
  readonly signal: AbortSignal
}
