import type { RefusalCause } from '@aster/rpc-server'

/**
 * Why a server refused or cut off a peer.
 *
 * - `'connections'`: the peer, or all peers together, had too many connections open
 * - `'notAdmitted'`: a connection for calls of a peer that is not admitted
 * - `'protocol'`: the peer opened a unidirectional stream, or sent a flood of datagrams
 * - the rest: see `RefusalCause` of `@aster/rpc-server`
 */
export type ServerRefusalCause = RefusalCause | 'connections' | 'notAdmitted' | 'protocol'

/** What a server holds at this moment, and what it has refused since it was made. */
export interface ServerStats {
  /** Open connections for calls, on all channels. `maxConnections` bounds them. */
  readonly connections: number
  /** Open connections for calls, by the name of the channel. */
  readonly connectionsByChannel: Readonly<Record<string, number>>
  /** Open connections on which admission is asked for. */
  readonly admissionConnections: number
  /** Streams whose first frame has not come yet. */
  readonly streamsOpening: number
  /** Streams with a call or a session under way. */
  readonly streamsRunning: number
  /** Sessions among `streamsRunning`. */
  readonly sessions: number
  /** Bytes received or to be sent that are held in memory for streams; what waits in QUIC is not among them. */
  readonly bufferedBytes: number
  /** Decisions on admission, and handshakes that came to nothing (`dropped`). */
  readonly admissions: Readonly<Record<'admitted' | 'denied' | 'dropped', number>>
  /** Connections, streams and calls that were refused or cut off, by cause. */
  readonly refusals: Readonly<Record<ServerRefusalCause, number>>
}
