import { type Connection, RpcError } from '@aster/rpc-core'
import { warnOnce } from '@aster/rpc-core/protocol'

/** A connection, acquired for one call or one session. */
export interface ConnectionLease {
  readonly connection: Connection
  /** Called once when the call or the session is over, with the error that ended it, or `undefined`. */
  release(error: RpcError | undefined): void
}

/** Ends a lease. What its `release` throws is told as a warning: the call has its outcome. */
export function releaseLease(lease: ConnectionLease, error: RpcError | undefined): void {
  try {
    lease.release(error)
  } catch (thrown) {
    warnOnce('ASTER_CONNECTION', `release() of a connection failed: ${RpcError.from(thrown).message}`)
  }
}
