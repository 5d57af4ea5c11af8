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
   * Opens the endpoints of all channels, or none.
   *
   * @throws AsterError where a socket cannot be bound, and for two transports with the same endpoint id
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

  /** Waits up to `graceMs` for the running calls of all of them. Called again it may shorten the time. */
  static async closeAll(endpoints: readonly Endpoint[], graceMs: number): Promise<void> {
    const closed = await Promise.allSettled(endpoints.map((endpoint) => endpoint.#close(graceMs)))
    for (const one of closed) if (one.status === 'rejected') throw one.reason
  }

  /** Bytes of a message above which it is compressed, if the transport says. */
  get compressAbove(): number | undefined {
    return this.#transport.compressAbove
  }

  get address(): NodeAddr {
    return this.#transport.localAddress
  }

  get relayUrl(): string | undefined {
    return this.address.relayUrl
  }

  /** Whether the address may come to hold a relay. */
  get usesRelays(): boolean {
    const { transport, config } = this.channel
    return transport === undefined ? config.relayMode !== 'disabled' : transport.online !== undefined
  }

  /** Whether its ticket has to have room for a relay. */
  get usesRelayTicket(): boolean {
    return this.relayUrl !== undefined || (this.channel.transport === undefined && this.usesRelays)
  }

  /** The relay that is waited for, in words. */
  get wantedRelay(): string {
    const { transport, config } = this.channel
    if (transport !== undefined) return 'the relay of its transport'
    if (config.relayMode === 'default') return 'a relay of n0'
    return config.relayMode === 'staging' ? 'a staging relay of n0' : config.relayMode
  }

  /** Waits until the address is complete. Resolves to false after `timeoutMs`, and if that cannot be known. */
  async online(timeoutMs: number): Promise<boolean> {
    try {
      return (await this.#transport.online?.(timeoutMs)) ?? true
    } catch {
      return false
    }
  }

  /** Open connections on which admission is asked for. */
  get admissionConnections(): number {
    return this.#acceptor?.admissionConnections ?? 0
  }

  /** Takes connections from now on. @throws TransportError where the transport listens already, or is closed */
  listen(options: Omit<AcceptorOptions, 'transport'>): void {
    this.#acceptor = new Acceptor({ ...options, transport: this.#transport })
  }

  /** A transport that is not the server's own stays open. */
  async #close(graceMs: number): Promise<void> {
    await this.#acceptor?.close(graceMs)
    if (this.#transport === this.channel.transport) return
    await this.#transport.close()
    await this.#acceptor?.ended
  }
}

/** Returns the endpoint of the main channel, which admits. */
export function mainEndpoint(endpoints: readonly Endpoint[]): Endpoint {
  return endpoints[0] as Endpoint
}

/** @throws AsterError for two channels with one endpoint id, since consumers tell endpoints apart by it */
function assertDistinctIds(endpoints: readonly Endpoint[]): void {
  const names = new Map<string, string>()
  for (const { channel, address } of endpoints) {
    const other = names.get(address.endpointId)
    if (other !== undefined)
      throw new AsterError(`channels '${other}' and '${channel.name}' have the same endpoint id: use another key`)
    names.set(address.endpointId, channel.name)
  }
}
