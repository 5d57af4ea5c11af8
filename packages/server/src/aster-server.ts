import { AdmissionDesk, checkAdmissionLimits, ConsumerGate, type ServiceSummary } from '@aster/admission'
import { ForyCodec } from '@aster/codec-fory'
import { JsonCodec } from '@aster/codec-json'
import { lazyZstd } from '@aster/compression-zstd'
import { type AsterConfig, openLog } from '@aster/config'
import type { Health } from '@aster/health'
import { formatIrohTicket, formatNodeAddr } from '@aster/identity'
import { AsterError, type Codec, type Interceptor, type Logger, type NodeAddr } from '@aster/rpc-core'
import { EventHub, runNeutral } from '@aster/rpc-core/protocol'
import { errorMessage, expectTime } from '@aster/rpc-core/schema'
import { checkServeOptions } from '@aster/rpc-server'
import type { Channel } from './channels.ts'
import { checkOptions } from './check-options.ts'
import { type Closed, createClosed } from './closed.ts'
import { Endpoint, mainEndpoint } from './endpoint.ts'
import { createLimits } from './limits.ts'
import { logStart } from './log-start.ts'
import { openNonceStore } from './open-endpoint.ts'
import type { AsterServerOptions } from './options.ts'
import { RelayWatch } from './relay-watch.ts'
import type { ServerEventListener, ServerEventName, ServerEvents } from './server-events.ts'
import type { ServerStats } from './server-stats.ts'
import { endServing, markServing, resolveHealth, tellHealth } from './service-health.ts'
import { resolveServices } from './resolve-services.ts'
import { summarizeServices } from './service-summaries.ts'
import { serveEndpoints } from './serve-endpoints.ts'
import { resolveSettings, type ServerSettings } from './settings.ts'
import { onEndSignal } from './signals.ts'
import { formatEndpointTicket } from './ticket.ts'
import { Traffic } from './traffic.ts'

/**
 * A producer: admits consumers and answers their calls. Leaving the scope of `await using` closes it. Once closed it
 * stays closed.
 */
export class AsterServer implements AsyncDisposable {
  readonly #options: AsterServerOptions
  readonly #logger: Logger | undefined
  readonly #settings: ServerSettings
  readonly #codecs: readonly Codec[]
  /** The main one first. */
  readonly #channels: readonly Channel[]
  /** Of all channels together, inside their interceptors. */
  readonly #limits: readonly Interceptor[]
  #starting: Promise<readonly Endpoint[]> | undefined
  /** Of the channels, in their order. */
  #running: readonly Endpoint[] | undefined
  #closing: Promise<void> | undefined
  readonly #closed: Closed
  #relays: RelayWatch | undefined
  #stopSignals = (): void => {}
  #isAnnounced = false
  readonly #events: EventHub<ServerEvents>
  readonly #traffic: Traffic
  /** With the option `health`: what consumers are told of the services. */
  readonly health: Health | undefined

  /**
   * Reads the configuration, the identity file and the services; opens nothing.
   *
   * @throws ConfigError for what is missing or ill-formed · AsterError for a service that is none, or there twice, for
   *   limits of what is not served, and for numbers that are wrong
   */
  constructor(options: AsterServerOptions) {
    checkOptions(options)
    const { codec, limits } = options
    this.#options = options
    this.#settings = resolveSettings(options)
    this.#logger = openLog(options.logger, this.#settings, 'aster.server')
    this.#events = new EventHub((err, event) => this.#logger?.error({ err, event }, 'a listener of the server failed'))
    this.#codecs = codec === undefined ? [new ForyCodec(), new JsonCodec({ missing: 'default' })] : [codec]
    this.health = resolveHealth(options.health)
    this.#channels = resolveServices(options, this.#settings.config, this.health)
    checkServeOptions(options)
    checkAdmissionLimits('admission', options.admission)
    const services = this.#channels.flatMap((channel) => channel.services)
    this.#limits = limits === undefined ? [] : [createLimits(limits, services)]
    this.#closed = runNeutral(createClosed)
    this.#traffic = new Traffic(options, this.#logger)
  }

  /**
   * Opens the endpoints and takes connections. Resolves once every endpoint can be reached through a relay, and after
   * `relayTimeoutMs` without; a warning says then which relay was not reached. With relays disabled it does not wait. Called
   * again, it has the same outcome.
   *
   * @throws ConfigError where the storage path cannot be used · AsterError where a socket cannot be bound
   */
  async start(): Promise<void> {
    if (this.#closing !== undefined) throw new AsterError('the server is closed')
    // Connections outlive the caller: no handler may see its async context, and nothing may keep that.
    this.#starting ??= runNeutral(() => this.#begin())
    this.#running = await this.#starting
    await this.#relays?.ready
    if (this.health !== undefined) markServing(this.health, this.#channels)
    this.#announce()
  }

  /**
   * Resolves once `close()` is done. Rejects with an `AsterError` as soon as one of the channels takes no more connections
   * although the server is not closed, for example because iroh's network driver has failed. Connections that are open go
   * on, the health of all services is `NOT_SERVING`, and it is time to `close()` and to start anew. The failure is logged as
   * well: a rejection that is not awaited does no harm.
   */
  get closed(): Promise<void> {
    return this.#closed.promise
  }

  /** The configuration, with the identity file in it; `config.explain()` tells where each value came from. */
  get config(): AsterConfig {
    return this.#settings.config
  }

  /**
   * The address to give to consumers in TypeScript: `address` if relays are disabled, else `endpointTicket`. Python consumers
   * read `endpointAddr` (quirk 27 of docs/python-0.1.md).
   */
  get ticket(): string {
    const { usesRelayTicket } = mainEndpoint(this.#endpoints)
    return usesRelayTicket ? this.endpointTicket : this.address
  }

  /** The address as a ticket of Aster (`aster1…`). It has no room for the relay: it serves if there is a direct path. */
  get address(): string {
    return formatEndpointTicket(this.#address)
  }

  /** The address as a ticket of iroh (`endpoint…`), with the relay. Python does not read it (quirk 27 of docs/python-0.1.md). */
  get endpointTicket(): string {
    return formatIrohTicket(this.#address)
  }

  /** The URL of the relay through which the main endpoint can be reached; `undefined` if it has none, or not yet. */
  get relayUrl(): string | undefined {
    return this.#address.relayUrl
  }

  /** The address as a base64 NodeAddr, with the relay: the form that Python consumers read, too (quirk 27 of docs/python-0.1.md). */
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
    return this.#summaries(this.#endpoints)
  }

  /** Where each channel leads, by its name: base64 NodeAddrs. */
  get channels(): Readonly<Record<string, string>> {
    return Object.fromEntries(this.#endpoints.map(({ channel, address }) => [channel.name, formatNodeAddr(address)]))
  }

  /** What the server holds now, and what it has refused since it was made. Looks at every connection once. */
  stats(): ServerStats {
    return this.#traffic.stats(this.#running ?? [])
  }

  /** Adds a listener. Returns a function that removes it. */
  on<Name extends ServerEventName>(name: Name, listener: ServerEventListener<Name>): () => void {
    return this.#events.on(name, listener)
  }

  /**
   * Shuts down: takes no more connections, refuses new calls with `UNAVAILABLE`, those of open sessions too, waits up to
   * `graceMs` (0; `Infinity` waits for all) for running calls, cuts the rest, and closes the endpoints. Called again it gives
   * the same outcome; it may shorten the time, never lengthen it.
   *
   * @throws AsterError for a `graceMs` that is no time
   */
  async close({ graceMs = 0 }: { graceMs?: number | undefined } = {}): Promise<void> {
    expectTime('graceMs', graceMs)
    tellHealth(this.health, this.#logger, (health) => health.shutdown())
    if (this.#closing === undefined) this.#closing = runNeutral(() => this.#shut(graceMs))
    else void this.#shorten(graceMs)
    await this.#closing
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  get #endpoints(): readonly Endpoint[] {
    if (this.#running === undefined) throw new AsterError('the server has no address yet: await start() first')
    return this.#running
  }

  get #address(): NodeAddr {
    return mainEndpoint(this.#endpoints).address
  }

  #summaries(endpoints: readonly Endpoint[]): readonly ServiceSummary[] {
    const offers = endpoints.map(({ channel: { name, services }, address }) => {
      return { name, services, address: formatNodeAddr(address) }
    })
    return summarizeServices(offers, this.#codecs)
  }

  /** Says once that the server has started. */
  #announce(): void {
    if (this.#isAnnounced || this.#closing !== undefined) return
    this.#isAnnounced = true
    runNeutral(() => logStart(this.#logger, this))
  }

  /** A signal that comes while the endpoints are opened drains as well. */
  async #begin(): Promise<readonly Endpoint[]> {
    this.#stopSignals = onEndSignal(this.#options.signals, (signal, graceMs) => {
      this.#logger?.debug({ signal, graceMs }, 'the server drains')
      this.close({ graceMs }).catch((err: unknown) => this.#logger?.error({ err }, 'the server could not be closed'))
    })
    try {
      return await this.#open()
    } catch (error) {
      this.#stopSignals()
      throw error
    }
  }

  async #open(): Promise<readonly Endpoint[]> {
    const { maxConcurrentStreams } = this.#options
    const { config, rootPubkey } = this.#settings
    const { allowAllConsumers, peerTtlS } = config
    const nonceStore = this.#options.nonceStore ?? (await openNonceStore(config))
    const endpoints = await Endpoint.openAll(this.#channels, maxConcurrentStreams, this.#logger)
    try {
      const gate = new ConsumerGate({ rootPubkey, allowAllConsumers, nonceStore, peerTtlS })
      // Who is admitted is told of the relays, and not before they are known.
      const { ready } = this.#watchRelays(endpoints)
      const desk = new AdmissionDesk({
        ...this.#options.admission,
        gate,
        services: () => this.#summaries(endpoints),
        ready,
        audit: (event) => this.#traffic.audit(event),
      })
      serveEndpoints(endpoints, {
        options: this.#options,
        codecs: this.#codecs,
        compression: this.#options.compression ?? lazyZstd(),
        limits: this.#limits,
        gate,
        desk,
        traffic: this.#traffic,
        logger: this.#logger,
        onBroken: (channel, error) => this.#break(channel, error),
      })
      return endpoints
    } catch (error) {
      this.#relays?.stop()
      await Endpoint.closeAll(endpoints, 0).catch(() => {})
      throw error
    }
  }

  /** A channel takes no more connections, and `close()` was not called. */
  #break(channel: string, cause: unknown): void {
    const error = new AsterError(`channel '${channel}' takes no more connections: ${errorMessage(cause)}`, { cause })
    this.#logger?.error({ err: error, channel }, 'the server takes no more connections')
    tellHealth(this.health, this.#logger, (health) => endServing(health, this.#channels))
    this.#closed.reject(error)
  }

  #watchRelays(endpoints: readonly Endpoint[]): RelayWatch {
    const { relayTimeoutMs: timeoutMs } = this.#settings.config
    const emit = (event: ServerEvents['relay']): void => this.#events.emit('relay', event)
    return (this.#relays = new RelayWatch(endpoints, { timeoutMs, emit, logger: this.#logger }))
  }

  async #shut(graceMs: number): Promise<void> {
    try {
      const endpoints = await this.#starting?.catch(() => undefined)
      this.#relays?.stop()
      if (endpoints !== undefined) await Endpoint.closeAll(endpoints, graceMs)
      this.#closed.resolve()
    } catch (error) {
      this.#closed.reject(error)
      throw error
    } finally {
      this.#traffic.flush()
      this.#stopSignals()
    }
  }

  /** Shortens the time of a `close()` that is under way, which reports what fails. Never rejects. */
  async #shorten(graceMs: number): Promise<void> {
    const endpoints = await this.#starting?.catch(() => undefined)
    if (endpoints !== undefined) await Endpoint.closeAll(endpoints, graceMs).catch(() => {})
  }
}
