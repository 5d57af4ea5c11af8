import type { Connection } from '@aster/rpc-core'
import { RPC_ALPN } from '@aster/rpc-core/protocol'
import { IrohTransport } from '@aster/transport-iroh'
import { memoryPair } from '@aster/transport-memory'

export interface ConnectedPair {
  readonly client: Connection
  readonly server: Connection
  close(): Promise<void>
}

/** Two ends of a connection, over each transport. */
export const connectedPairs: Record<'memory' | 'iroh', () => Promise<ConnectedPair>> = {
  async memory() {
    const [client, server] = memoryPair()
    return { client, server, close: async () => {} }
  },
  async iroh() {
    const options = { relayMode: 'disabled', bindAddr: '127.0.0.1:0' }
    const [consumer, producer] = await Promise.all([IrohTransport.bind(options), IrohTransport.bind(options)])
    const accepted = producer.listen({ alpns: [RPC_ALPN] })[Symbol.asyncIterator]()
    const [client, server] = await Promise.all([
      consumer.connect(producer.localAddress, { alpn: RPC_ALPN }),
      accepted.next(),
    ])
    return {
      client,
      server: server.value as Connection,
      close: async () => void (await Promise.all([consumer.close(), producer.close()])),
    }
  },
}
