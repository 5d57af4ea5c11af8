import { checkAdmissionLimits, type ServiceSummary } from '@aster/admission'
import { ForyCodec } from '@aster/codec-fory'
import { JsonCodec } from '@aster/codec-json'
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
import { offersOf, summarizeServices } from './service-summaries.ts'
import { serveEndpoints } from './serve-endpoints.ts'
import { resolveSettings, type ServerSettings } from './settings.ts'
import { onEndSignal } from './signals.ts'
import { formatEndpointTicket } from './ticket.ts'
import { Traffic } from './traffic.ts'

/**
 * An Aster producer: admits consumers and answers their calls. The server closes at the end of its `await using` scope.
 * A closed server cannot be started again.
 */
export class AsterServer implements AsyncDisposable {
  readonly #options: AsterServerOptions
  readonly #logger: Logger | undefined
  readonly #settings: ServerSettings
  readonly #codecs: readonly Codec[]
  /** The main channel comes first. */
  readonly #channels: readonly Channel[]
  /** The limits of all channels together. They run after the interceptors of the channel. */
  readonly #limits: readonly Interceptor[]
  #starting: Promise<readonly Endpoint[]> | undefined
  /** The endpoints of the channels, in the order of `#channels`. */
  #running: readonly Endpoint[] | undefined
  #closing: Promise<void> | undefined
  readonly #closed: Closed
  #relays: RelayWatch | undefined
  #stopSignals = (): void => {}
  #isAnnounced = false
  readonly #events: EventHub<ServerEvents>
  readonly #traffic: Traffic
  /** The status of each service, as consumers see it. `undefined` unless the option `health` is set. */
  readonly health: Health | undefined

  /**
   * Reads the configuration, the identity file and the services. Opens no socket.
   *
   * @throws ConfigError if an option or a setting is missing or ill-formed
   * @throws AsterError if a service is not a service or is listed twice, if limits name a service or method that is not
   *   served, or if a number is out of range
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
   * Opens the endpoints and accepts connections. Resolves when every endpoint can be reached through a relay, or after
   * `relayTimeoutMs` with a warning in the log that names the missing relay. Does not wait if relays are disabled. Later calls
   * have the outcome of the first.
   *
   * @throws ConfigError if the storage path cannot be used
   * @throws AsterError if a socket cannot be bound, or if the server is closed
   */
  async start(): Promise<void> {
    if (this.#closing !== undefined) throw new AsterError('the server is closed')
    // Connections outlive the caller of `start()`: handlers must neither see nor retain the caller's async context.
    this.#starting ??= runNeutral(() => this.#begin())
    this.#running = await this.#starting
    await this.#relays?.ready
    if (this.health !== undefined) markServing(this.health, this.#channels)
    this.#announce()
  }

  /**
   * Resolves when `close()` is done. Rejects with an `AsterError` as soon as a channel stops accepting connections although
   * the server is not closed, for example because iroh's network driver has failed. Open connections are still served, and
   * the health of all services is `NOT_SERVING`: call `close()`, and start a new server. The failure is logged too, and the
   * rejection counts as handled, so the promise need not be awaited.
   */
  get closed(): Promise<void> {
    return this.#closed.promise
  }

  /** The configuration, including the identity file. `config.explain()` returns the source of each value. */
  get config(): AsterConfig {
    return this.#settings.config
  }

  /**
   * The address for consumers in TypeScript: `address` if relays are disabled, `endpointTicket` otherwise. Python consumers
   * read `endpointAddr` (quirk 27 of docs/python-0.1.md).
   *
   * @throws AsterError if `start()` has not resolved yet. The other addresses throw it too
   */
  get ticket(): string {
    const { usesRelayTicket } = mainEndpoint(this.#endpoints)
    return usesRelayTicket ? this.endpointTicket : this.address
  }

  /** The address as a ticket of Aster (`aster1…`). It cannot hold a relay, so it works only if a direct path exists. */
  get address(): string {
    return formatEndpointTicket(this.#address)
  }

  /**
   * The address as a ticket of iroh (`endpoint…`), including the relay. Python cannot read it (quirk 27 of
   * docs/python-0.1.md).
   */
  get endpointTicket(): string {
    return formatIrohTicket(this.#address)
  }

  /**
   * The URL of the relay through which the main endpoint can be reached; `undefined` if the endpoint has no relay yet,
   * or uses none.
   */
  get relayUrl(): string | undefined {
    return this.#address.relayUrl
  }

  /**
   * The address as a base64 NodeAddr, including the relay. Python consumers read this form too (quirk 27 of
   * docs/python-0.1.md).
   */
  get endpointAddr(): string {
    return formatNodeAddr(this.#address)
  }

  /** The endpoint id of the main endpoint: 64 hex digits. */
  get endpointId(): string {
    return this.#address.endpointId
  }

  /** The root key that signs the credentials of consumers: 64 hex digits. */
  get rootPubkey(): string {
    return this.#settings.rootPubkey
  }

  /** The services, as the answer to an admitted consumer describes them. */
  get services(): readonly ServiceSummary[] {
    return summarizeServices(offersOf(this.#endpoints), this.#codecs)
  }

  /** The address of each channel as a base64 NodeAddr, by the name of the channel. */
  get channels(): Readonly<Record<string, string>> {
    return Object.fromEntries(this.#endpoints.map(({ channel, address }) => [channel.name, formatNodeAddr(address)]))
  }

  /**
   * Returns the numbers of open connections and streams, and of refusals since the server was constructed. Visits every
   * connection once.
   */
  stats(): ServerStats {
    return this.#traffic.stats(this.#running ?? [])
  }

  /** Adds a listener. Returns a function that removes it. */
  on<Name extends ServerEventName>(name: Name, listener: ServerEventListener<Name>): () => void {
    return this.#events.on(name, listener)
  }

  /**
   * Shuts the server down: refuses new connections, and new calls with `UNAVAILABLE`, including those of open sessions;
   * waits up to `graceMs` milliseconds for running calls (0 by default; `Infinity` waits for all), cancels the rest, and
   * closes the endpoints. Later calls have the outcome of the first. They can shorten the wait but not lengthen it.
   *
   * @throws AsterError if `graceMs` is not a number of milliseconds from 0 on
   */
  async close({ graceMs = 0 }: { graceMs?: number | undefined } = {}): Promise<void> {
    expectTime('graceMs', graceMs)
    tellHealth(this.health, this.#logger, (health) => health.shutdown())
    if (this.#closing === undefined) this.#closing = runNeutral(() => this.#shut(graceMs))
    else void this.#shorten(graceMs)
    await this.#closing
  }

  /** Calls `close()`. */
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

  /** Logs once that the server has started. */
  #announce(): void {
    if (this.#isAnnounced || this.#closing !== undefined) return
    this.#isAnnounced = true
    runNeutral(() => logStart(this.#logger, this))
  }

  /** Listens for signals first, so that a signal during the opening of the endpoints drains the server too. */
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
    const nonceStore = this.#options.nonceStore ?? (await openNonceStore(this.#settings.config))
    const endpoints = await Endpoint.openAll(this.#channels, this.#options.maxConcurrentStreams, this.#logger)
    try {
      serveEndpoints(endpoints, {
        options: this.#options,
        settings: this.#settings,
        codecs: this.#codecs,
        limits: this.#limits,
        nonceStore,
        // Answers to consumers contain the relays.
        ready: this.#watchRelays(endpoints).ready,
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

  /** Reports that a channel has stopped accepting connections although `close()` was not called. */
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

  /** Shortens the wait of a running `close()`. Never rejects: the running `close()` reports failures. */
  async #shorten(graceMs: number): Promise<void> {
    const endpoints = await this.#starting?.catch(() => undefined)
    if (endpoints !== undefined) await Endpoint.closeAll(endpoints, graceMs).catch(() => {})
  }
}
