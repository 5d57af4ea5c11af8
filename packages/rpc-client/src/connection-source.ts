import { type ByteStream, type Connection, RpcError, StatusCode, TransportError } from '@aster/rpc-core'
import { abortable } from '@aster/rpc-core/protocol'

/** Gives the connection to call over; asked anew for every call, so that a lost one can be replaced. */
export type ConnectionSource = () => Connection | Promise<Connection>

/** The code of a reset or stop that withdraws a call: the status code of the same meaning. */
export const CANCEL = StatusCode.CANCELLED

/**
 * A stream of the connection. Where the connection turns out to be gone before a byte was sent, a new one is asked for,
 * once.
 */
export async function openStream(source: ConnectionSource, signal: AbortSignal | undefined): Promise<ByteStream> {
  const first = await connect(source, signal)
  try {
    return await first.openStream({ signal })
  } catch (error) {
    if (!(error instanceof TransportError) || signal?.aborted === true) throw error
    const second = await connect(source, signal)
    if (second === first) throw error
    return second.openStream({ signal })
  }
}

async function connect(source: ConnectionSource, signal: AbortSignal | undefined): Promise<Connection> {
  const connection = source()
  if (!(connection instanceof Promise)) return connection
  try {
    return await abortable(connection, signal)
  } catch (error) {
    if (error instanceof TransportError || signal?.aborted === true) throw error
    throw error instanceof RpcError
      ? error
      : new RpcError(StatusCode.UNAVAILABLE, error instanceof Error ? error.message : String(error), { cause: error })
  }
}
