/**
 * The reason why a stream or call of a peer was refused or cut off.
 *
 * - `'header'`: the first frame of a stream did not arrive in time, or is too long
 * - `'stalled'`: a frame that had begun made no progress
 * - `'buffer'`: the peer sent more than the connection may hold
 * - `'unread'`: an answer was not read in time
 * - `'message'`: a message is over one of the limits for messages
 * - `'metadata'`: metadata, an id or a name is over its limit
 * - `'sessions'`: the peer has too many sessions open
 * - `'access'`: an access rule refuses the call
 * - `'draining'`: no more calls are accepted
 * - `'idle'`: the connection or the session was idle for too long
 */
export type RefusalCause =
  | 'header'
  | 'stalled'
  | 'buffer'
  | 'unread'
  | 'message'
  | 'metadata'
  | 'sessions'
  | 'access'
  | 'draining'
  | 'idle'

/** A stream or call that was refused or cut off. */
export interface Refusal {
  /** The reason, as a word to count by. */
  readonly cause: RefusalCause
  /** The id of the peer, as the transport proved it. */
  readonly peer: string
  /** A sentence about the refusal, for a log. */
  readonly message: string
}

/** The streams, sessions and bytes that a connection holds. */
export interface ConnectionStats {
  /** The number of streams whose first frame has not arrived. */
  readonly opening: number
  /** The number of streams with a call or session under way. */
  readonly running: number
  /** The number of sessions among `running`. */
  readonly sessions: number
  /** The number of bytes in memory that were received or are to be sent on the streams of the connection. */
  readonly bufferedBytes: number
}
