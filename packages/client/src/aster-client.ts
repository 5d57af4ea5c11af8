import type { ServiceSummary } from '@aster/admission'
import { lazyZstd } from '@aster/compression-zstd'
import { type AsterConfig, openLog } from '@aster/config'
import type { Description } from '@aster/description'
import {
  type Callable,
  type Client,
  createClient,
  createDynamicClient,
  type DynamicClient,
  type DynamicSession,
  openDynamicSession,
  openSession,
  type Session,
} from '@aster/rpc-client'
import { AsterError, type Compression, definitionOf, type Transport } from '@aster/rpc-core'
import { runNeutral } from '@aster/rpc-core/protocol'
import { systemClock } from './backoff.ts'
import { bindDynamicService, bindService, type ConnectedClient } from './bind-service.ts'
import { addCaller, captureCaller } from './caller-stack.ts'
import { checkBindingOptions, checkOptions } from './check-options.ts'
import type { DescribedServices } from './described/described-services.ts'
import { type DescribeOptions, fetchDescription } from './described/fetch-description.ts'
import { type Endpoint, foreignEndpoint, openEndpoint, shareEndpoint } from './endpoint.ts'
import { closedError, markOwn } from './client-errors.ts'
import type { ClientState } from './client-state.ts'
import { type ClientEventListener, type ClientEventName, EventHub } from './events.ts'
import type {
  AsterClientOptions,
  DynamicClientOptions,
  ResolvedClientOptions,
  ServiceClientOptions,
} from './options.ts'
import { type ClientSettings, resolveSettings } from './settings.ts'
import { SharedAttempt } from './shared-attempt.ts'
import { TargetPool } from './target-pool.ts'

/** The parts that a successful `connect()` leaves. */
interface Established {
  readonly endpoint: Endpoint
  readonly transport: Transport
  readonly targets: TargetPool
  readonly compression: Compression
}

/**
 * A consumer of one producer, or of several that offer the same: `connect()` asks to be admitted, `client(Service)` gives
 * typed calls.
 *
 * Leaving the scope of `await using` closes it. Once closed it stays closed.
 */
export class AsterClient implements AsyncDisposable {
  readonly #options: ResolvedClientOptions
  readonly #settings: ClientSettings
  readonly #events: EventHub
  #attempt: SharedAttempt<Established> | undefined
  #established: Established | undefined
  #described: DescribedServices | undefined
  #closing: Promise<void> | undefined
  /** The endpoint of an attempt that failed, while it closes. Never rejects. */
  #releasing: Promise<void> | undefined

  /**
   * Reads the configuration, the identity file and the credential; opens nothing.
   *
   * @throws ConfigError for what is missing or ill-formed
   */
  constructor(options: AsterClientOptions = {}) {
    checkOptions(options)
    this.#settings = resolveSettings(options)
    const { timeoutMs = this.#settings.config.callTimeoutMs } = options
    const logger = openLog(options.logger, this.#settings, 'aster.client')
    this.#options = { ...options, timeoutMs, logger }
    this.#events = new EventHub(logger)
  }

  /** A new client, connected. */
  static async connect(options: AsterClientOptions & { signal?: AbortSignal } = {}): Promise<AsterClient> {
    const { signal, ...own } = options
    const client = new AsterClient(own)
    try {
      await client.connect({ signal })
      return client
    } catch (error) {
      // An endpoint with a dial under way takes seconds to close, which the caller does not wait for.
      client.close().catch((failure: unknown) => client.#warnOfEndpoint(failure))
      throw error
    }
  }

  /**
   * Opens the endpoint, reaches the producer and asks to be admitted. Nothing happens where that is done; who calls while
   * it is under way waits for the same attempt, which is given up when all who wait for it have. After a failure it may be
   * called again.
   *
   * @throws AdmissionDeniedError · ProducerIdentityError · RpcError `UNAVAILABLE` when the producer cannot be reached within
   *   the connect timeout · the reason of `signal`
   */
  async connect(options: { signal?: AbortSignal | undefined } = {}): Promise<void> {
    if (this.#closing !== undefined) throw closedError()
    if (this.#established !== undefined) return
    const caller = captureCaller()
    if (this.#attempt === undefined || this.#attempt.failed) this.#attempt = this.#newAttempt(this.#attempt)
    try {
      const established = await this.#attempt.join(options.signal)
      if (this.#closing !== undefined) throw closedError()
      this.#established = established
    } catch (error) {
      if (error !== options.signal?.reason) markOwn(error)
      throw addCaller(error, caller)
    }
  }

  /** The configuration, with the identity file in it; `config.explain()` tells where each value came from. */
  get config(): AsterConfig {
    return this.#settings.config
  }

  get state(): ClientState {
    if (this.#closing !== undefined) return 'closed'
    if (this.#established !== undefined) return this.#established.targets.up ? 'connected' : 'lost'
    return this.#attempt === undefined || this.#attempt.failed ? 'idle' : 'connecting'
  }

  /** The services that the producer offers, as of its last admission. */
  get services(): readonly ServiceSummary[] {
    return this.#connected.admission.services
  }

  /** What the credential says of this consumer, as the producer understood it. */
  get attributes(): Readonly<Record<string, string>> {
    return this.#connected.admission.attributes
  }

  /**
   * The producer of `services` and `attributes`: its endpoint id, and the root key that it names. With several producers the
   * first that is connected.
   */
  get producer(): { readonly endpointId: string; readonly rootPubkey: string } {
    const { address, rootPubkey } = this.#connected.admission
    return { endpointId: address.endpointId, rootPubkey }
  }

  /** This endpoint's id: 64 hex digits. */
  get endpointId(): string {
    return this.#connected.transport.localAddress.endpointId
  }

  /**
   * Calls `listener` from now on, at any state, in the async context of this call. Returns a function that takes the listener
   * back. What a listener throws, or its promise rejects with, goes to the log.
   */
  on<Name extends ClientEventName>(name: Name, listener: ClientEventListener<Name>): () => void {
    return this.#events.on(name, listener)
  }

  /**
   * Typed calls of a shared service. The connection is opened with the first call, and shared by all services at the
   * address.
   *
   * @throws ServiceNotFoundError when the producer does not offer the service in this version, or not on this channel
   * @throws ContractMismatchError with `strictContract`, when the producer's contract is another
   */
  async client<S extends Callable>(service: S, options: ServiceClientOptions = {}): Promise<Client<S>> {
    checkBindingOptions('client', options)
    const definition = definitionOf(service)
    if (definition.scope === 'session') {
      throw new AsterError(`service '${definition.name}' is a session service: use session(), which ends with close()`)
    }
    return createClient(service, bindService(this.#connected, definition, options))
  }

  /**
   * A session: calls on it run one after another, on an instance of the service that the producer keeps for it until
   * `close()` or the end of `await using`. Throws as `client` does.
   */
  async session<S extends Callable>(
    service: S,
    options: ServiceClientOptions & { signal?: AbortSignal } = {},
  ): Promise<Session<S>> {
    checkBindingOptions('session', options)
    const bound = bindService(this.#connected, definitionOf(service), options)
    return openSession(service, { ...bound, signal: options.signal })
  }

  /**
   * Asks the producer for its services, their methods and their types. Afterwards `dynamic()` and `dynamicSession()` know the
   * types: see `DynamicClient`. The strings of the description are the producer's, and not fit for a terminal as they are.
   *
   * @throws ServiceNotFoundError when the producer does not offer `aster.reflection`
   * @throws RpcError `CONTRACT_VIOLATION` when what it tells is no description, and as every call
   */
  async describe(options: DescribeOptions = {}): Promise<Description> {
    checkBindingOptions('describe', options)
    const { description, services } = await fetchDescription(this.#connected, options)
    this.#described = services
    return description
  }

  /**
   * Calls of a shared service without a definition: see `DynamicClient`. In JSON, unless the types are known by `describe()` or the
   * option `description`.
   *
   * @throws ServiceNotFoundError when the producer does not offer the service, not in this version, or not on this channel
   */
  dynamic(service: string, options: DynamicClientOptions = {}): DynamicClient {
    checkBindingOptions('dynamic', options)
    const bound = bindDynamicService(this.#connected, { name: service, scope: 'shared' }, options)
    return createDynamicClient(bound.service, bound.options)
  }

  /** A session without a definition. Throws as `dynamic` does. */
  async dynamicSession(
    service: string,
    options: DynamicClientOptions & { signal?: AbortSignal } = {},
  ): Promise<DynamicSession> {
    checkBindingOptions('dynamicSession', options)
    const bound = bindDynamicService(this.#connected, { name: service, scope: 'session' }, options)
    return openDynamicSession(bound.service, { ...bound.options, signal: options.signal })
  }

  /**
   * Ends every call with `UNAVAILABLE`, closes the connections, and the endpoint unless another client shares it. Safe to call
   * again.
   */
  close(): Promise<void> {
    this.#closing ??= runNeutral(() => this.#shut())
    return this.#closing
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  get #connected(): ConnectedClient & Established {
    if (this.#closing !== undefined) throw closedError()
    const admission = this.#established?.targets.admission
    if (this.#established === undefined || admission === undefined)
      throw new AsterError('the client is not connected: await connect() first')
    return { ...this.#established, admission, options: this.#options, described: this.#described }
  }

  /** Runs outside the caller's async context: a store of it would live as long as the connections. */
  #newAttempt(before: SharedAttempt<Established> | undefined): SharedAttempt<Established> {
    const establish = async (signal: AbortSignal): Promise<Established> => {
      // Two endpoints at once could not have the same key or port.
      await before?.settled()
      await this.#releasing
      return this.#establish(signal)
    }
    return runNeutral(() => new SharedAttempt(establish, ({ endpoint }) => endpoint.release()))
  }

  /** `signal` aborts when the attempt is given up, or the client closed. */
  async #establish(signal: AbortSignal): Promise<Established> {
    const { policy = 'pick-first', strictContract = false, idleTimeoutMs = Infinity } = this.#options
    const { maxConnectionsPerTarget, allowedChannels, logger } = this.#options
    const endpoint = await this.#openEndpoint()
    const { transport } = endpoint
    try {
      const targets = new TargetPool(this.#settings.addresses, {
        transport,
        settings: this.#settings,
        policy,
        strictContract,
        idleTimeoutMs,
        maxConnectionsPerTarget,
        allowedChannels,
        clock: systemClock,
        events: this.#events,
        logger,
        closing: signal,
      })
      await targets.connect()
      return { endpoint, transport, compression: this.#options.compression ?? lazyZstd(), targets }
    } catch (error) {
      // An endpoint with a dial under way takes seconds to close, which the callers do not wait for.
      this.#releasing = endpoint.release().catch((failure: unknown) => this.#warnOfEndpoint(failure))
      throw error
    }
  }

  #openEndpoint(): Endpoint | Promise<Endpoint> {
    const { transport, shareEndpoint: isShared = true, logger } = this.#options
    if (transport !== undefined) return foreignEndpoint(transport)
    return (isShared ? shareEndpoint : openEndpoint)(this.#settings, logger)
  }

  async #shut(): Promise<void> {
    this.#attempt?.abort(closedError())
    const established = await this.#attempt?.settled()
    await established?.endpoint.release()
    await this.#releasing
    this.#events.emit('closed', {})
  }

  #warnOfEndpoint(error: unknown): void {
    this.#options.logger?.warn({ err: error }, 'the endpoint of the client could not be closed')
  }
}
