import { formatNodeAddr } from '@aster/identity'
import type { ByteStream, Connection, NodeAddr, Transport } from '@aster/rpc-core'
import { ADMISSION_ALPN } from '@aster/rpc-core/protocol'
import { FakeConnection } from './fake-transport.ts'

/** Returns a transport that reaches one producer, which admits every consumer and offers the service `A` at an address. */
export class AdmittingTransport implements Transport {
  /** The address of this side. */
  localAddress: NodeAddr = { endpointId: 'here', addresses: [], relayUrl: 'https://ours.example/' }
  usesRelays: boolean | undefined
  /** The address that the producer offers. */
  offered: NodeAddr
  admits = true
  reachable = true
  /** The addresses that were dialled for admissions, and for calls. */
  readonly asked: NodeAddr[] = []
  readonly dialled: NodeAddr[] = []
  /** The connections for calls. */
  readonly connections: FakeConnection[] = []

  constructor(offered: NodeAddr) {
    this.offered = offered
  }

  async connect(address: NodeAddr, { alpn }: { alpn: string }): Promise<Connection> {
    ;(alpn === ADMISSION_ALPN ? this.asked : this.dialled).push(address)
    if (!this.reachable) throw new Error('not reachable')
    const connection = new FakeConnection(address.endpointId)
    if (alpn === ADMISSION_ALPN) return Object.assign(connection, { alpn, openStream: async () => this.#answer() })
    this.connections.push(connection)
    return connection
  }

  async *listen(): AsyncGenerator<Connection> {}

  async close(): Promise<void> {}

  #answer(): ByteStream {
    const service = {
      name: 'A',
      version: 1,
      contract_id: '',
      channels: { rpc: formatNodeAddr(this.offered) },
      pattern: 'shared',
      serialization_modes: ['json'],
    }
    const answer = {
      admitted: this.admits,
      attributes: {},
      services: [service],
      root_pubkey: 'a'.repeat(64),
      reason: '',
    }
    const pieces: (Uint8Array | undefined)[] = [new TextEncoder().encode(JSON.stringify(answer)), undefined]
    return {
      read: async () => pieces.shift(),
      write: async () => {},
      finish: async () => {},
      reset: () => {},
      stop: () => {},
    }
  }
}
