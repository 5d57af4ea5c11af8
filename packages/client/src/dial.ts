import { type Connection, type NodeAddr, RpcError, StatusCode, type Transport } from '@aster/rpc-core'
import { deadlineSignal, epochNow } from '@aster/rpc-core/protocol'
import { errorMessage } from '@aster/rpc-core/schema'

export interface DialOptions {
  readonly alpn: string
  /** Milliseconds for the whole attempt. */
  readonly timeoutMs: number
  /** Ends the attempt, with its reason. @default none */
  readonly signal?: AbortSignal | undefined
}

/**
 * Connects to an address.
 *
 * @throws RpcError `UNAVAILABLE`, which names the address, if the attempt fails or takes longer than `timeoutMs`
 * @throws the reason of `signal`
 */
export async function dial(
  transport: Transport,
  address: NodeAddr,
  { alpn, timeoutMs, signal }: DialOptions,
): Promise<Connection> {
  const timed = deadlineSignal(epochNow() + timeoutMs, signal, {
    error: () => new RpcError(StatusCode.UNAVAILABLE, `no answer within ${timeoutMs} ms`),
  })
  try {
    return await transport.connect(address, { alpn, signal: timed.signal })
  } catch (error) {
    if (signal?.aborted === true) throw error
    const text = errorMessage(error)
    throw new RpcError(StatusCode.UNAVAILABLE, `cannot reach the producer ${formatAddress(address)}: ${text}`, {
      cause: error,
    })
  } finally {
    timed.cleanup()
  }
}

function formatAddress({ endpointId, addresses, relayUrl }: NodeAddr): string {
  const paths = [...addresses, ...(relayUrl === undefined ? [] : [relayUrl])]
  return `${endpointId} (${paths.length === 0 ? 'no address known' : paths.join(', ')})`
}
