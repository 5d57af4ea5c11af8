import { type ByteStream, type Connection, RpcError, StatusCode, TransportError } from '@aster/rpc-core'
import { abortable, cancelledError, toRpcError } from '@aster/rpc-core/protocol'

/** A connection on loan for one call or one session. */
export interface ConnectionLease {
  readonly connection: Connection
  /** Called once, when the call or the session is over, with its error where it has one. */
  release(error: RpcError | undefined): void
}

type Lent = Connection | ConnectionLease

/**
 * Gives the connection to call over; asked anew for every call, so that a lost one can be replaced. Who wants to know when
 * the call is over, and how it ended, gives a lease.
 */
export type ConnectionSource = () => Lent | Promise<Lent>

/** A stream, and whom to tell when what runs on it is over. */
export interface LentStream {
  readonly stream: ByteStream
  readonly lease: ConnectionLease
}

/** The code of a reset or stop that withdraws a call: the status code of the same meaning. */
export const CANCEL = StatusCode.CANCELLED

/**
 * A stream of the connection. Where the connection turns out to be gone before a byte was sent, a new one is asked for,
 * once. Throws what the source or the transport does, or the reason of the signal.
 */
export async function openStream(source: ConnectionSource, signal: AbortSignal | undefined): Promise<LentStream> {
  const first = await borrow(source, signal)
  try {
    return { stream: await first.connection.openStream({ signal }), lease: first }
  } catch (error) {
    giveBack(first, error, signal)
    if (!(error instanceof TransportError) || signal?.aborted === true) throw error
    const second = await borrow(source, signal)
    try {
      if (second.connection === first.connection) throw error
      return { stream: await second.connection.openStream({ signal }), lease: second }
    } catch (again) {
      giveBack(second, again, signal)
      throw again
    }
  }
}

function giveBack(lease: ConnectionLease, error: unknown, signal: AbortSignal | undefined): void {
  lease.release(signal?.aborted === true ? cancelledError(signal) : toRpcError(error))
}

async function borrow(source: ConnectionSource, signal: AbortSignal | undefined): Promise<ConnectionLease> {
  try {
    const lent = source()
    if (!(lent instanceof Promise)) return leaseOf(lent)
    return leaseOf(await abortable(lent, signal, (late) => leaseOf(late).release(gaveUp())))
  } catch (error) {
    if (error instanceof TransportError || signal?.aborted === true) throw error
    throw error instanceof RpcError
      ? error
      : new RpcError(StatusCode.UNAVAILABLE, error instanceof Error ? error.message : String(error), { cause: error })
  }
}

function leaseOf(lent: Lent): ConnectionLease {
  return 'openStream' in lent ? { connection: lent, release } : lent
}

/** Of a call that did not wait for its connection. */
function gaveUp(): RpcError {
  return new RpcError(StatusCode.CANCELLED, 'the call was over before it had a connection')
}

/** A connection that was not lent has nobody to be given back to. */
function release(): void {}
