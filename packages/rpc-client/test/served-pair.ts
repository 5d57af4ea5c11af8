import type { Connection } from '@aster/rpc-core'
import { RPC_ALPN } from '@aster/rpc-core/protocol'
import { type ServedConnection, type ServeOptions, serveConnection } from '@aster/rpc-server'
import { IrohTransport } from '@aster/transport-iroh'
import { memoryPair } from '@aster/transport-memory'

interface ConnectedPair {
  readonly client: Connection
  readonly server: Connection
  close(): Promise<void>
}

/** Transport → maker of the two ends of a connection. */
const connectedPairs = {
  async memory(): Promise<ConnectedPair> {
    const [client, server] = memoryPair()
    return { client, server, close: async () => {} }
  },
  async iroh(): Promise<ConnectedPair> {
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

export type TransportName = keyof typeof connectedPairs

export const transports = Object.keys(connectedPairs) as TransportName[]

/** A connection that is served at one end. */
export interface ServedPair {
  readonly client: Connection
  readonly server: Connection
  readonly served: ServedConnection
  /** Closes the client's end, waits for the server to finish, and closes the endpoints. */
  close(): Promise<void>
}

/** Connects two ends over a transport and serves calls on one of them. */
export async function servePair(over: TransportName, options: ServeOptions): Promise<ServedPair> {
  const pair = await connectedPairs[over]()
  const { client, server } = pair
  const served = serveConnection(server, options)
  return {
    client,
    server,
    served,
    async close() {
      client.close()
      await served.done
      await pair.close()
    },
  }
}
