import { AsterError, type Logger, type NodeAddr, type Transport } from '@aster/rpc-core'
import { Acceptor, type AcceptorOptions } from './acceptor.ts'
import type { Channel } from './channels.ts'
import { bindTransport } from './open-endpoint.ts'

/** The endpoint of a channel while a server runs. */
export class Endpoint {
  readonly channel: Channel
  readonly #transport: Transport
  #acceptor: Acceptor | undefined

  private constructor(channel: Channel, transport: Transport) {
    this.channel = channel
    this.#transport = transport
  }

  /**
   * Opens the endpoints of all channels. If one cannot be opened, the others are closed again.
   *
   * @throws AsterError if a socket cannot be bound, or if two transports have the same endpoint id
   */
  static async openAll(
    channels: readonly Channel[],
    maxConcurrentStreams: number | undefined,
    logger: Logger | undefined,
  ): Promise<readonly Endpoint[]> {
    const endpoints: Endpoint[] = []
    try {
      for (const channel of channels)
        endpoints.push(
          new Endpoint(
            channel,
            channel.transport ?? (await bindTransport(channel.config, maxConcurrentStreams, logger)),
          ),
        )
      assertDistinctIds(endpoints)
      return endpoints
    } catch (error) {
      await Endpoint.closeAll(endpoints, 0).catch(() => {})
      throw error
    }
  }

  /**
   * Closes the endpoints after waiting up to `graceMs` milliseconds for their running calls. A second call can shorten
   * the wait.
   */
  static async closeAll(endpoints: readonly Endpoint[], graceMs: number): Promise<void> {
    const closed = await Promise.allSettled(endpoints.map((endpoint) => endpoint.#close(graceMs)))
    for (const one of closed) if (one.status === 'rejected') throw one.reason
  }

  /** The size in bytes above which messages are compressed; `undefined` if the transport has no preference. */
  get compressAbove(): number | undefined {
    return this.#transport.compressAbove
  }

  get address(): NodeAddr {
    return this.#transport.localAddress
  }

  get relayUrl(): string | undefined {
    return this.address.relayUrl
  }

  /** True if the address can contain a relay, now or later. */
  get usesRelays(): boolean {
    const { transport, config } = this.channel
    return transport === undefined ? config.relayMode !== 'disabled' : transport.online !== undefined
  }

  /** True if the ticket needs a form that can contain a relay. */
  get usesRelayTicket(): boolean {
    return this.relayUrl !== undefined || (this.channel.transport === undefined && this.usesRelays)
  }

  /** The name of the relay that `online()` waits for, for messages. */
  get wantedRelay(): string {
    const { transport, config } = this.channel
    if (transport !== undefined) return 'the relay of its transport'
    if (config.relayMode === 'default') return 'a relay of n0'
    return config.relayMode === 'staging' ? 'a staging relay of n0' : config.relayMode
  }

  /** Resolves to true when the address is complete, and to false after `timeoutMs` or if the transport cannot tell. */
  async online(timeoutMs: number): Promise<boolean> {
    try {
      return (await this.#transport.online?.(timeoutMs)) ?? true
    } catch {
      return false
    }
  }

  /** The number of open connections for admission. */
  get admissionConnections(): number {
    return this.#acceptor?.admissionConnections ?? 0
  }

  /**
   * Starts accepting connections.
   *
   * @throws TransportError if the transport listens already, or is closed
   */
  listen(options: Omit<AcceptorOptions, 'transport'>): void {
    this.#acceptor = new Acceptor({ ...options, transport: this.#transport })
  }

  /** Closes the connections, and the transport if the server opened it. */
  async #close(graceMs: number): Promise<void> {
    await this.#acceptor?.close(graceMs)
    if (this.#transport === this.channel.transport) return
    await this.#transport.close()
    await this.#acceptor?.ended
  }
}

/** Returns the endpoint of the main channel, where consumers ask for admission. */
export function mainEndpoint(endpoints: readonly Endpoint[]): Endpoint {
  return endpoints[0] as Endpoint
}

/** @throws AsterError if two channels have the same endpoint id, because consumers tell endpoints apart by their ids */
function assertDistinctIds(endpoints: readonly Endpoint[]): void {
  const names = new Map<string, string>()
  for (const { channel, address } of endpoints) {
    const other = names.get(address.endpointId)
    if (other !== undefined)
      throw new AsterError(`channels '${other}' and '${channel.name}' have the same endpoint id: use another key`)
    names.set(address.endpointId, channel.name)
  }
}
