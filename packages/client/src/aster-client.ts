import type { ServiceSummary } from '@aster/admission'
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
import { AsterError, definitionOf } from '@aster/rpc-core'
import { runNeutral } from '@aster/rpc-core/protocol'
import { bindDynamicService, bindService, type ConnectedClient } from './bind-service.ts'
import { addCaller, captureCaller } from './caller-stack.ts'
import { checkBindingOptions, checkOptions } from './check-options.ts'
import type { DescribedServices } from './described/described-services.ts'
import { type DescribeOptions, fetchDescription } from './described/fetch-description.ts'
import { establish, type Established, warnOfEndpoint } from './establish.ts'
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

/**
 * An Aster consumer of one producer, or of several that offer the same services. `connect()` asks for admission;
 * `client(Service)` returns an object with a typed method for each call.
 *
 * The client closes at the end of its `await using` scope. A closed client cannot be connected again.
 */
export class AsterClient implements AsyncDisposable {
  readonly #options: ResolvedClientOptions
  readonly #settings: ClientSettings
  readonly #events: EventHub
  #attempt: SharedAttempt<Established> | undefined
  #established: Established | undefined
  #described: DescribedServices | undefined
  #closing: Promise<void> | undefined
  /** Resolves when the endpoint of a failed attempt has been closed. Never rejects. */
  #releasing: Promise<void> | undefined

  /**
   * Reads the configuration, the identity file and the credential. Opens no socket.
   *
   * @throws ConfigError if an option or a setting is missing or ill-formed
   */
  constructor(options: AsterClientOptions = {}) {
    checkOptions(options)
    this.#settings = resolveSettings(options)
    const { timeoutMs = this.#settings.config.callTimeoutMs } = options
    const logger = openLog(options.logger, this.#settings, 'aster.client')
    this.#options = { ...options, timeoutMs, logger }
    this.#events = new EventHub(logger)
  }

  /** Returns a new client that is connected. Throws like the constructor and `connect()`. */
  static async connect(options: AsterClientOptions & { signal?: AbortSignal } = {}): Promise<AsterClient> {
    const { signal, ...own } = options
    const client = new AsterClient(own)
    try {
      await client.connect({ signal })
      return client
    } catch (error) {
      // An endpoint takes seconds to close while a dial runs. The caller gets the error at once.
      client.close().catch((failure: unknown) => warnOfEndpoint(client.#options.logger, failure))
      throw error
    }
  }

  /**
   * Opens the endpoint, dials the producer and asks for admission. Does nothing if the client is connected. Concurrent calls
   * share one attempt, which is cancelled when the signals of all these calls have aborted. May be called again after a
   * failure.
   *
   * @throws AdmissionDeniedError if the producer refuses this client
   * @throws ProducerIdentityError if the producer has another root key than expected
   * @throws RpcError `UNAVAILABLE` if the producer cannot be reached within the connect timeout, or if the client is closed
   * @throws the reason of `signal` if that aborts
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

  /** The configuration, including the identity file. `config.explain()` returns the source of each value. */
  get config(): AsterConfig {
    return this.#settings.config
  }

  /** The state of the client. */
  get state(): ClientState {
    if (this.#closing !== undefined) return 'closed'
    if (this.#established !== undefined) return this.#established.targets.up ? 'connected' : 'lost'
    return this.#attempt === undefined || this.#attempt.failed ? 'idle' : 'connecting'
  }

  /** The services that the producer offered with its last admission. */
  get services(): readonly ServiceSummary[] {
    return this.#connected.admission.services
  }

  /** The attributes of this consumer that the producer read from the credential. */
  get attributes(): Readonly<Record<string, string>> {
    return this.#connected.admission.attributes
  }

  /**
   * The endpoint id of the producer, and the root key that it names. With several producers, the first that is connected.
   * `services` and `attributes` come from the same producer.
   */
  get producer(): { readonly endpointId: string; readonly rootPubkey: string } {
    const { address, rootPubkey } = this.#connected.admission
    return { endpointId: address.endpointId, rootPubkey }
  }

  /** The endpoint id of this client: 64 hex digits. */
  get endpointId(): string {
    return this.#connected.transport.localAddress.endpointId
  }

  /**
   * Adds a listener, in any state of the client. Listeners run in the async context of the call to `on()`. If a listener
   * throws or rejects, the error is logged. Returns a function that removes the listener.
   */
  on<Name extends ClientEventName>(name: Name, listener: ClientEventListener<Name>): () => void {
    return this.#events.on(name, listener)
  }

  /**
   * Returns a client with a typed method for each call of a shared service. Begins to open the connection, which all services
   * at the address share; if no call is made within 10 s, closes the connection until a call needs one.
   *
   * @throws ServiceNotFoundError if the producer does not offer the service in this version, or not on this channel
   * @throws ContractMismatchError if `strictContract` is set and the producer has another contract
   * @throws AsterError if the service is a session service, or if the client is not connected
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
   * Opens a session. Its calls run one after another, on an instance of the service that the producer keeps until `close()` or
   * the end of the `await using` scope. Throws like `client()`.
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
   * Asks the producer for its services, their methods and their types. `dynamic()` and `dynamicSession()` then use the types:
   * see `DynamicClient`. The producer chooses the strings of the description, so escape them before printing to a terminal.
   *
   * @throws ServiceNotFoundError if the producer does not offer `aster.reflection`
   * @throws RpcError `CONTRACT_VIOLATION` if the answer is not a description; other codes as every call
   */
  async describe(options: DescribeOptions = {}): Promise<Description> {
    checkBindingOptions('describe', options)
    const { description, services } = await fetchDescription(this.#connected, options)
    this.#described = services
    return description
  }

  /**
   * Returns a client for a shared service without a definition: see `DynamicClient`. Messages are JSON unless the types are
   * known from `describe()` or the option `description`.
   *
   * @throws ServiceNotFoundError if the producer does not offer the service in this version, or not on this channel
   */
  dynamic(service: string, options: DynamicClientOptions = {}): DynamicClient {
    checkBindingOptions('dynamic', options)
    const bound = bindDynamicService(this.#connected, { name: service, scope: 'shared' }, options)
    return createDynamicClient(bound.service, bound.options)
  }

  /** Opens a session without a definition. Throws like `dynamic()`. */
  async dynamicSession(
    service: string,
    options: DynamicClientOptions & { signal?: AbortSignal } = {},
  ): Promise<DynamicSession> {
    checkBindingOptions('dynamicSession', options)
    const bound = bindDynamicService(this.#connected, { name: service, scope: 'session' }, options)
    return openDynamicSession(bound.service, { ...bound.options, signal: options.signal })
  }

  /**
   * Ends every call with `UNAVAILABLE`, and closes the connections. Closes the endpoint too, unless another client shares it.
   * May be called more than once.
   */
  close(): Promise<void> {
    this.#closing ??= runNeutral(() => this.#shut())
    return this.#closing
  }

  /** Calls `close()`. */
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

  /** Starts an attempt outside the caller's async context, whose stores would otherwise live as long as the connections. */
  #newAttempt(before: SharedAttempt<Established> | undefined): SharedAttempt<Established> {
    const attempt = async (signal: AbortSignal): Promise<Established> => {
      // Two open endpoints cannot have the same key or port.
      await before?.settled()
      await this.#releasing
      return establish({
        options: this.#options,
        settings: this.#settings,
        events: this.#events,
        signal,
        onRelease: (released) => void (this.#releasing = released),
      })
    }
    return runNeutral(() => new SharedAttempt(attempt, ({ endpoint }) => endpoint.release()))
  }

  async #shut(): Promise<void> {
    this.#attempt?.abort(closedError())
    const established = await this.#attempt?.settled()
    await established?.endpoint.release()
    await this.#releasing
    this.#events.emit('closed', {})
  }
}
