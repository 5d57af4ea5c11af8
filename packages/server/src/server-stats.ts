import type { RefusalCause } from '@aster/rpc-server'

/**
 * Why a server refused or cut off a peer.
 *
 * - `'connections'`: the peer, or all peers together, had too many open connections
 * - `'notAdmitted'`: the peer opened a connection for calls without being admitted
 * - `'protocol'`: the peer opened a unidirectional stream, or sent a flood of datagrams
 * - the rest: see `RefusalCause` of `@aster/rpc-server`
 */
export type ServerRefusalCause = RefusalCause | 'connections' | 'notAdmitted' | 'protocol'

/** The numbers of a server: its open connections and streams now, and its refusals since it was constructed. */
export interface ServerStats {
  /** Open connections for calls on all channels, `maxConnections` at most. */
  readonly connections: number
  /** Open connections for calls, by the name of the channel. */
  readonly connectionsByChannel: Readonly<Record<string, number>>
  /** Open connections for admission. */
  readonly admissionConnections: number
  /** Streams whose first frame has not arrived yet. */
  readonly streamsOpening: number
  /** Streams on which a call or a session runs. */
  readonly streamsRunning: number
  /** Sessions among `streamsRunning`. */
  readonly sessions: number
  /** Received and unsent bytes of streams in memory, without the buffers of QUIC. */
  readonly bufferedBytes: number
  /** Decisions on admission since the server was constructed. `dropped` counts handshakes that ended without a decision. */
  readonly admissions: Readonly<Record<'admitted' | 'denied' | 'dropped', number>>
  /** Connections, streams and calls that were refused or cut off since the server was constructed, by cause. */
  readonly refusals: Readonly<Record<ServerRefusalCause, number>>
}
