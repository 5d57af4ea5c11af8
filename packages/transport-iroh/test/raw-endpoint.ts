import { type Connection, Endpoint, EndpointAddr, EndpointId, presetMinimal, RelayMode } from '@number0/iroh'
import type { NodeAddr } from '@aster/rpc-core'

export const ALPN = 'test/1'
const toArray = (text: string): number[] => [...new TextEncoder().encode(text)]

/** A peer that keeps none of this transport's rules, on loopback only. */
export class RawEndpoint {
  readonly #endpoint: Endpoint

  private constructor(endpoint: Endpoint) {
    this.#endpoint = endpoint
  }

  static async bind(): Promise<RawEndpoint> {
    const builder = Endpoint.builder()
    presetMinimal(builder)
    builder.relayMode(RelayMode.disabled())
    builder.bindAddr('127.0.0.1:0')
    const endpoint = await builder.bind()
    endpoint.setAlpns([toArray(ALPN)])
    return new RawEndpoint(endpoint)
  }

  get address(): NodeAddr {
    const addresses = this.#endpoint.addr().directAddresses()
    return { endpointId: this.#endpoint.id().toString(), addresses }
  }

  dial({ endpointId, addresses }: NodeAddr): Promise<Connection> {
    const address = new EndpointAddr(EndpointId.fromString(endpointId), null, [...addresses])
    return this.#endpoint.connect(address, toArray(ALPN))
  }

  async accept(): Promise<Connection> {
    const incoming = await this.#endpoint.acceptNext()
    if (incoming === null) throw new Error('the endpoint is closed')
    return (await incoming.accept()).connect()
  }

  close(): Promise<void> {
    return this.#endpoint.close()
  }
}
