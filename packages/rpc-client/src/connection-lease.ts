import { type Connection, RpcError } from '@aster/rpc-core'
import { warnOnce } from '@aster/rpc-core/protocol'

/** A connection, acquired for one call or one session. */
export interface ConnectionLease {
  /** The connection to open a stream on. */
  readonly connection: Connection
  /**
   * Moves the lease to another connection to the same peer. Called repeatedly while the call waits for a stream, the first time
   * after 50 ms. Returns whether `connection` has changed; if so, the call waits on the new connection.
   *
   * @default the call keeps waiting on the same connection
   */
  move?(full: FullConnection): boolean
  /**
   * Called if the peer does not end its stream in time after the last answer. This happens after `release`. Until the peer ends the
   * stream, it counts towards the streams that the peer allows.
   *
   * @default late streams are ignored
   */
  reportStream?(state: LateStream): void
  /** Called once when the call or session is over, with the error that ended it, or with `undefined` if there was no error. */
  release(error: RpcError | undefined): void
}

/**
 * The state of a stream that the peer has not ended in time.
 *
 * - `'overdue'`: the peer has been silent for 1 s.
 * - `'ended'`: the peer has ended an overdue stream.
 * - `'stopped'`: this side has told the peer to stop. It does so if the peer sends data on an overdue stream, if the peer is silent
 *   for another 10 s, or if the peer sends too much before the stream is overdue.
 */
export type LateStream = 'overdue' | 'ended' | 'stopped'

/** A connection on which a call has waited for a stream. */
export interface FullConnection {
  /** The number of streams that the calls and sessions of this process have open on the connection. */
  readonly openStreams: number
  /** How long the call has waited, in milliseconds, at least 50. */
  readonly waitedMs: number
}

/** Runs a function of a lease, which may be the user's. If it throws, warns and returns `undefined`. */
export function runOnLease<T>(name: string, run: () => T): T | undefined {
  try {
    return run()
  } catch (thrown) {
    warnOnce('ASTER_CONNECTION', `${name}() of a connection failed: ${RpcError.from(thrown).message}`)
    return undefined
  }
}

/** Ends a lease. If `release` throws, only warns, since the call has its outcome already. */
export function releaseLease(lease: ConnectionLease, error: RpcError | undefined): void {
  runOnLease('release', () => lease.release(error))
}
