import { type AsterClientOptions, AsterConfig } from '@aster/client'
import { ForyCodec } from '@aster/codec-fory'
import { JsonCodec } from '@aster/codec-json'
import { generateKeyPair } from '@aster/identity'
import {
  type Codec,
  type Connection,
  implementationOf,
  type Interceptor,
  type ServiceLike,
  type Transport,
} from '@aster/rpc-core'
import { ADMISSION_ALPN, NOT_ADMITTED, RPC_ALPN } from '@aster/rpc-core/protocol'
import { serveConnection } from '@aster/rpc-server'
import { MemoryNetwork } from '@aster/transport-memory'

/** Returns a peer of a memory network whose addresses are endpoint ids. */
export function memoryTransport(network: MemoryNetwork, endpointId = generateKeyPair().publicKey): Transport {
  const memory = network.transport(endpointId)
  return {
    connect: (address, options) => memory.connect(address.endpointId, options),
    listen: (options) => memory.listen({ alpns: [...options.alpns] }),
    localAddress: { endpointId, addresses: [] },
    close: () => memory.close(),
  }
}

interface Offer {
  services?: readonly ServiceLike[]
  contractId?: string
  interceptors?: readonly Interceptor[]
  /** The offered modes, if they differ from those of `codecs`. */
  modes?: readonly string[]
  codecs?: readonly Codec[]
}

/** A producer over memory. A test controls its admissions, makes it forget consumers, and stops and restarts it. */
export class LittleProducer {
  readonly endpointId = generateKeyPair().publicKey
  readonly #network: MemoryNetwork
  #offer: Offer
  #transport: Transport | undefined
  readonly #admitted = new Set<string>()
  readonly #connections = new Set<Connection>()
  /** Whether the producer admits consumers. */
  admits = true
  /** Whether the producer leaves requests for admission unanswered. */
  isSlow = false
  /** The number of requests for admission that end with the connection, closed with code 0, instead of an answer. */
  drops = 0
  /** The numbers of admission requests and of connections for calls so far. */
  asked = 0
  connected = 0

  constructor(network: MemoryNetwork, offer: Offer = {}) {
    this.#network = network
    this.#offer = offer
    this.start()
  }

  /** Returns the options of a client that calls this producer from an endpoint of its own. */
  get clientOptions(): AsterClientOptions {
    const transport = memoryTransport(this.#network)
    return { config: AsterConfig.from({}), transport, endpointAddr: this.endpointId }
  }

  start(offer: Offer = this.#offer): void {
    this.#offer = offer
    this.#transport = memoryTransport(this.#network, this.endpointId)
    void this.#accept(this.#transport)
  }

  /** Loses every connection, and forgets all consumers. */
  async stop(): Promise<void> {
    this.#admitted.clear()
    await this.#transport?.close()
  }

  /** Forgets all consumers. Open connections continue. */
  forget(): void {
    this.#admitted.clear()
  }

  /** Closes the connections for calls. */
  drop(code = 0, reason = ''): void {
    for (const connection of this.#connections) connection.close(code, reason)
  }

  /** The number of open connections for calls. */
  get open(): number {
    return this.#connections.size
  }

  async #accept(transport: Transport): Promise<void> {
    for await (const connection of transport.listen({ alpns: [ADMISSION_ALPN, RPC_ALPN] })) {
      // The connection may end before the answer is sent.
      if (connection.alpn === ADMISSION_ALPN) this.#admit(connection).catch(() => {})
      else this.#serve(connection)
    }
  }

  async #admit(connection: Connection): Promise<void> {
    for await (const stream of connection.incomingStreams()) {
      while ((await stream.read()) !== undefined) continue
      this.asked += 1
      if (this.isSlow) continue
      if (this.drops > 0) {
        this.drops -= 1
        return connection.close()
      }
      if (this.admits) this.#admitted.add(connection.remoteId)
      await stream.write(new TextEncoder().encode(JSON.stringify(this.#answer())), { finish: true })
    }
  }

  #answer(): object {
    if (!this.admits) return { admitted: false }
    const { services = [], contractId = '', modes = ['xlang', 'json'] } = this.#offer
    const summaries = services.map((service) => {
      const { name, version, scope } = implementationOf(service).definition
      const channels = { rpc: this.endpointId }
      return { name, version, contract_id: contractId, channels, pattern: scope, serialization_modes: modes }
    })
    return { admitted: true, attributes: {}, services: summaries, root_pubkey: this.endpointId }
  }

  #serve(connection: Connection): void {
    if (!this.#admitted.has(connection.remoteId)) return connection.close(NOT_ADMITTED, 'not admitted')
    const { services = [], interceptors, codecs } = this.#offer
    this.connected += 1
    this.#connections.add(connection)
    void connection.closed.then(() => this.#connections.delete(connection))
    serveConnection(connection, {
      services,
      interceptors,
      codecs: codecs ?? [new ForyCodec(), new JsonCodec({ missing: 'default' })],
    })
  }
}
