import { formatTicket } from '@aster/identity'
import type { ByteStream, Connection, Transport } from '@aster/rpc-core'
import { ADMISSION_ALPN, RPC_ALPN } from '@aster/rpc-core/protocol'

/** Hands every connection for admission or calls to `behave`. Returns the ticket of the producer. */
export function startStrangeProducer(transport: Transport, behave: (connection: Connection) => Promise<void>): string {
  void (async () => {
    for await (const connection of transport.listen({ alpns: [RPC_ALPN, ADMISSION_ALPN] }))
      void behave(connection).catch(() => {})
  })()
  return formatTicket({ ...transport.localAddress, relayUrl: undefined })
}

/** Like `startStrangeProducer`, for each stream of each connection. */
export function startStrangeStreams(
  transport: Transport,
  behave: (stream: ByteStream, connection: Connection) => Promise<void>,
): string {
  return startStrangeProducer(transport, async (connection) => {
    for await (const stream of connection.incomingStreams()) await behave(stream, connection)
  })
}
