import { generateKeyPair } from '@aster/identity'
import { type Connection, type NodeAddr, type Transport, TransportError } from '@aster/rpc-core'
import { ADMISSION_ALPN, Pushable, RPC_ALPN } from '@aster/rpc-core/protocol'
import { type MemoryConnection, memoryPair } from '@aster/transport-memory'

/** Returns a transport within the process whose connections come from a test. */
export class QueueTransport implements Transport {
  readonly localAddress: NodeAddr = { endpointId: generateKeyPair().publicKey, addresses: ['127.0.0.1:1'] }
  /** Yields connections to the server, ends, or fails. */
  readonly incoming = new Pushable<Connection>(Infinity)
  #consumers = 0

  async connect(): Promise<Connection> {
    throw new TransportError('unreachable', 'a server does not dial')
  }

  listen(): AsyncIterable<Connection> {
    return this.incoming
  }

  async close(): Promise<void> {
    this.incoming.end()
  }

  /** Dials the server. Returns the consumer's end of the connection. */
  dial({ alpn = RPC_ALPN, id = `consumer ${++this.#consumers}` } = {}): MemoryConnection {
    const [consumer, producer] = memoryPair({ alpn, ids: [id, this.localAddress.endpointId] })
    void this.incoming.push(producer)
    return consumer
  }

  dialAdmission(id?: string): MemoryConnection {
    return this.dial({ alpn: ADMISSION_ALPN, ...(id !== undefined && { id }) })
  }
}
