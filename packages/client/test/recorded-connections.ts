import type { Connection, Transport } from '@aster/rpc-core'

/** A transport, and the connections that were made with it. */
export interface RecordedConnections {
  readonly transport: Transport
  readonly dialled: readonly Connection[]
  readonly accepted: readonly Connection[]
}

/** Wraps a transport in one that records its connections. */
export function recordConnections(inner: Transport): RecordedConnections {
  const dialled: Connection[] = []
  const accepted: Connection[] = []
  const transport: Transport = {
    async connect(address, options) {
      const connection = await inner.connect(address, options)
      dialled.push(connection)
      return connection
    },
    async *listen(options) {
      for await (const connection of inner.listen(options)) {
        accepted.push(connection)
        yield connection
      }
    },
    get localAddress() {
      return inner.localAddress
    },
    close: () => inner.close(),
  }
  return { transport, dialled, accepted }
}
