import { type Connection, RpcError } from '@aster/rpc-core'
import { warnOnce } from '@aster/rpc-core/protocol'

/** A connection, acquired for one call or one session. */
export interface ConnectionLease {
  readonly connection: Connection
  /**
   * Moves the lease to another connection to the same peer. Called again and again while its call waits for a stream, from
   * 50 ms on. Returns whether `connection` is another one now, on which the call waits from then on. @default the call waits on
   */
  move?(full: FullConnection): boolean
  /**
   * Called when the peer has not ended a stream in time after the last answer on it, which is after `release`. Such a stream keeps
   * its place.
   */
  reportStream?(state: LateStream): void
  /** Called once when the call or the session is over, with the error that ended it, or `undefined`. */
  release(error: RpcError | undefined): void
}

/**
 * A stream that the peer has not ended in time: `'overdue'` after 1 s of silence; then `'ended'` if it ends after all, or
 * `'stopped'` if the peer sends something, or nothing for another 10 s, and was told to stop. `'stopped'` comes alone if the peer
 * sent too much before.
 */
export type LateStream = 'overdue' | 'ended' | 'stopped'

/** A connection on which a call has waited for a stream. */
export interface FullConnection {
  /** Streams that calls and sessions of this process have open on it. */
  readonly openStreams: number
  /** Milliseconds for which the call has waited, 50 at least. */
  readonly waitedMs: number
}

/** Runs a function of a lease, which may be one of the user. What it throws is told as a warning. */
export function runOnLease<T>(name: string, run: () => T): T | undefined {
  try {
    return run()
  } catch (thrown) {
    warnOnce('ASTER_CONNECTION', `${name}() of a connection failed: ${RpcError.from(thrown).message}`)
    return undefined
  }
}

/** Ends a lease. What its `release` throws is told as a warning: the call has its outcome. */
export function releaseLease(lease: ConnectionLease, error: RpcError | undefined): void {
  runOnLease('release', () => lease.release(error))
}
