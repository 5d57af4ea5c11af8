import { type Connection, type NodeAddr, RpcError, StatusCode, type Transport } from '@aster/rpc-core'
import { onAbort } from '@aster/rpc-core/protocol'

/** Connects within `timeoutMs`. Throws `UNAVAILABLE` naming the address, or the reason of `signal`. */
export async function dial(
  transport: Transport,
  address: NodeAddr,
  alpn: string,
  timeoutMs: number,
  signal?: AbortSignal,
): Promise<Connection> {
  const controller = new AbortController()
  const timer = setTimeout(
    () => controller.abort(new RpcError(StatusCode.UNAVAILABLE, `no answer within ${timeoutMs} ms`)),
    timeoutMs,
  )
  const off = onAbort(signal, () => controller.abort(signal?.reason))
  try {
    return await transport.connect(address, { alpn, signal: controller.signal })
  } catch (error) {
    if (signal?.aborted === true) throw error
    const text = error instanceof Error ? error.message : String(error)
    throw new RpcError(StatusCode.UNAVAILABLE, `cannot reach the producer ${describeAddress(address)}: ${text}`, {
      cause: error,
    })
  } finally {
    clearTimeout(timer)
    off()
  }
}

function describeAddress({ endpointId, addresses, relayUrl }: NodeAddr): string {
  const ways = [...addresses, ...(relayUrl === undefined ? [] : [relayUrl])]
  return `${endpointId} (${ways.length === 0 ? 'no address known' : ways.join(', ')})`
}
