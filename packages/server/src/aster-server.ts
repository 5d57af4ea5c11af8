import { AdmissionDesk, ConsumerGate, logAdmissions, type ServiceSummary } from '@aster/admission'
import { ForyCodec } from '@aster/codec-fory'
import { JsonCodec } from '@aster/codec-json'
import { createZstd } from '@aster/compression-zstd'
import type { AsterConfig } from '@aster/config'
import { formatNodeAddr } from '@aster/identity'
import {
  AsterError,
  type Codec,
  type Connection,
  type Interceptor,
  type NodeAddr,
  type Peer,
  type Transport,
} from '@aster/rpc-core'
import { expectTime } from '@aster/rpc-core/protocol'
import { checkServeOptions, serveConnection } from '@aster/rpc-server'
import { Acceptor } from './acceptor.ts'
import { limitsOf } from './limits.ts'
import { bindTransport, openNonceStore } from './open-endpoint.ts'
import type { AsterServerOptions } from './options.ts'
import { checkServices, summariesOf } from './service-summaries.ts'
import { resolveSettings, type ServerSettings } from './settings.ts'
import { ticketOf } from './ticket.ts'

interface Running {
  readonly transport: Transport
  readonly acceptor: Acceptor
}

/**
 * A producer: admits consumers and answers their calls. Leaving the scope of `await using` closes it. Once closed it
 * stays closed.
 */
export class AsterServer implements AsyncDisposable {
  readonly #options: AsterServerOptions
  readonly #settings: ServerSettings
  readonly #codecs: readonly Codec[]
  #starting: Promise<Running> | undefined
  #running: Running | undefined
  readonly #interceptors: readonly Interceptor[]
  #closing: Promise<void> | undefined

  /**
   * Reads the configuration, the identity file and the services; opens nothing.
   *
   * @throws ConfigError for what is missing or ill-formed · AsterError for a service that is none, or there twice, for
   *   limits of what is not served, and for numbers that are wrong
   */
  constructor(options: AsterServerOptions) {
    const { codec, interceptors = [], limits, logger, services } = options
    this.#options = options
    this.#settings = resolveSettings(options)
    this.#codecs = codec === undefined ? [new ForyCodec(), new JsonCodec({ missing: 'default' })] : [codec]
    checkServices(services)
    checkServeOptions(options)
    this.#interceptors = limits === undefined ? interceptors : [...interceptors, limitsOf(limits, services)]
    for (const warning of this.#settings.warnings) logger?.warn({}, warning)
  }

  /**
   * Opens the endpoint and takes connections. Called again, gives the same outcome.
   *
   * @throws ConfigError where the storage path cannot be used · AsterError where the socket cannot be bound
   */
  async start(): Promise<void> {
    if (this.#closing !== undefined) throw new AsterError('the server is closed')
    this.#starting ??= this.#open()
    this.#running = await this.#starting
  }

  /** The configuration, with the identity file in it; `config.explain()` tells where each value came from. */
  get config(): AsterConfig {
    return this.#settings.config
  }

  /** The address to give to consumers, as a ticket. */
  get address(): string {
    return ticketOf(this.#address)
  }

  /** The address as a base64 NodeAddr, which also holds the relay. */
  get endpointAddr(): string {
    return formatNodeAddr(this.#address)
  }

  get endpointId(): string {
    return this.#address.endpointId
  }

  /** The key that consumers' credentials must be signed by: 64 hex digits. */
  get rootPubkey(): string {
    return this.#settings.rootPubkey
  }

  /** What is told to consumers that are admitted. */
  get services(): readonly ServiceSummary[] {
    return this.#summaries(this.#address)
  }

  /**
   * Shuts down: takes no more connections, refuses new calls with `UNAVAILABLE`, those of open sessions too, waits up to
   * `graceMs` (0; `Infinity` waits for all) for running calls, cuts the rest, and closes the endpoint. Called again it gives the
   * same outcome; it may shorten the time, never lengthen it.
   *
   * @throws AsterError for a `graceMs` that is no time
   */
  async close({ graceMs = 0 }: { graceMs?: number | undefined } = {}): Promise<void> {
    expectTime('graceMs', graceMs)
    if (this.#closing === undefined) this.#closing = this.#shut(graceMs)
    else void this.#starting?.then(({ acceptor }) => acceptor.close(graceMs)).catch(() => {})
    await this.#closing
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  get #address(): NodeAddr {
    if (this.#running === undefined) throw new AsterError('the server has no address yet: await start() first')
    return this.#running.transport.localAddress
  }

  #summaries(address: NodeAddr): readonly ServiceSummary[] {
    const { services, channelName = 'rpc' } = this.#options
    return summariesOf(services, this.#codecs, { [channelName]: formatNodeAddr(address) })
  }

  async #open(): Promise<Running> {
    const { services, handlerTimeoutMs, maxConcurrentStreams, exposeErrors, logger } = this.#options
    const { config, rootPubkey } = this.#settings
    const { allowAllConsumers, peerTtlS } = config
    const compression = this.#options.compression ?? (await createZstd())
    const nonceStore = this.#options.nonceStore ?? (await openNonceStore(config))
    const transport = this.#options.transport ?? (await bindTransport(config, maxConcurrentStreams))
    try {
      const gate = new ConsumerGate({ rootPubkey, allowAllConsumers, nonceStore, peerTtlS })
      const audit = logger && logAdmissions(logger)
      const desk = new AdmissionDesk({ gate, services: () => this.#summaries(transport.localAddress), audit })
      const shared = {
        services,
        codecs: this.#codecs,
        compression,
        interceptors: this.#interceptors,
        handlerTimeoutMs,
        maxConcurrentStreams,
        exposeErrors,
        logger,
      }
      const serve = (connection: Connection, peer: Peer) => serveConnection(connection, { ...shared, peer })
      return { transport, acceptor: new Acceptor({ transport, gate, desk, serve, logger }) }
    } catch (error) {
      await this.#release(transport)
      throw error
    }
  }

  async #shut(graceMs: number): Promise<void> {
    const running = await this.#starting?.catch(() => undefined)
    if (running === undefined) return
    await running.acceptor.close(graceMs)
    if (await this.#release(running.transport)) await running.acceptor.ended
  }

  /** Closes the transport if it is the server's own, and says so. */
  async #release(transport: Transport): Promise<boolean> {
    if (transport === this.#options.transport) return false
    await transport.close()
    return true
  }
}
