/**
 * Why a stream or a call of a peer was refused or cut off, for the counts of a server.
 *
 * - `'header'`: the first frame of a stream did not come in time, or is too long
 * - `'stalled'`: a frame that had begun made no progress
 * - `'buffer'`: the peer's frames are more than the connection may hold
 * - `'unread'`: an answer was not read in time
 * - `'message'`: a message is over one of the limits for messages
 * - `'metadata'`: metadata, an id or a name is over its limit
 * - `'sessions'`: the peer has too many sessions open
 * - `'access'`: an access rule refuses the call
 * - `'draining'`: no more calls are accepted
 * - `'idle'`: the connection or the session was not used for the time that is allowed
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
  readonly cause: RefusalCause
  /** The id of the peer, as the transport proved it. */
  readonly peer: string
  /** What happened, for a log. */
  readonly message: string
}

/** What a connection holds at this moment. */
export interface ConnectionStats {
  /** Streams whose first frame has not come yet. */
  readonly opening: number
  /** Streams with a call or a session under way. */
  readonly running: number
  /** Sessions among `running`. */
  readonly sessions: number
  /** Bytes received or to be sent that are held in memory for its streams. */
  readonly bufferedBytes: number
}
