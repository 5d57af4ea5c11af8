import { type ByteStream, type Connection, RpcError, StatusCode, TransportError } from '@aster/rpc-core'
import { abortable, cancelledError, toRpcError } from '@aster/rpc-core/protocol'
import { errorMessage, isThenable } from '@aster/rpc-core/schema'

/** A connection, acquired for one call or one session. */
export interface ConnectionLease {
  readonly connection: Connection
  /** Called once when the call or the session is over, with the error that ended it, or `undefined`. */
  release(error: RpcError | undefined): void
}

/**
 * Returns the connection to call over. It is asked for every call, so that a lost connection can be replaced. A source
 * that needs to know when the call is over, and with what outcome, returns a lease.
 */
export type ConnectionSource = () => Connection | ConnectionLease | Promise<Connection | ConnectionLease>

/** A stream, and the lease to release when the call or session on it is over. */
export interface LeasedStream {
  readonly stream: ByteStream
  readonly lease: ConnectionLease
}

/** The code of a reset or stop that withdraws a call: the status code of the same meaning. */
export const CANCEL = StatusCode.CANCELLED

/**
 * Opens a stream on a connection of `source`. If the connection turns out to be gone, before a byte was sent, the source
 * is asked once more.
 *
 * @throws what the source or the transport throws, or the reason of `signal`
 */
export async function openStream(source: ConnectionSource, signal: AbortSignal | undefined): Promise<LeasedStream> {
  const first = await acquire(source, signal)
  try {
    return { stream: await first.connection.openStream({ signal }), lease: first }
  } catch (error) {
    discard(first, error, signal)
    if (!(error instanceof TransportError) || signal?.aborted === true) throw error
    const second = await acquire(source, signal)
    try {
      if (second.connection === first.connection) throw error
      return { stream: await second.connection.openStream({ signal }), lease: second }
    } catch (again) {
      discard(second, again, signal)
      throw again
    }
  }
}

async function acquire(source: ConnectionSource, signal: AbortSignal | undefined): Promise<ConnectionLease> {
  try {
    const acquired = source()
    if (!isThenable(acquired)) return toLease(acquired)
    return toLease(await abortable(acquired, signal, (late) => toLease(late).release(unwantedError())))
  } catch (error) {
    if (error instanceof TransportError || signal?.aborted === true) throw error
    throw error instanceof RpcError
      ? error
      : new RpcError(StatusCode.UNAVAILABLE, errorMessage(error), { cause: error })
  }
}

/** Releases a lease on which no stream could be opened. */
function discard(lease: ConnectionLease, error: unknown, signal: AbortSignal | undefined): void {
  lease.release(signal?.aborted === true ? cancelledError(signal) : toRpcError(error))
}

function toLease(acquired: Connection | ConnectionLease): ConnectionLease {
  return 'openStream' in acquired ? { connection: acquired, release } : acquired
}

/** Returns the error of a lease that came after its call had ended. */
function unwantedError(): RpcError {
  return new RpcError(StatusCode.CANCELLED, 'the call was over before it had a connection')
}

/** A connection without a lease belongs to the caller and has nothing to release. */
function release(): void {}
