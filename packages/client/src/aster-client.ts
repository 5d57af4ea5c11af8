import type { ServiceSummary } from '@aster/admission'
import { createZstd } from '@aster/compression-zstd'
import type { AsterConfig } from '@aster/config'
import { parseAddress } from '@aster/identity'
import {
  type Callable,
  type Client,
  createClient,
  type ClientOptions,
  openSession,
  type Session,
} from '@aster/rpc-client'
import {
  AsterError,
  type Compression,
  definitionOf,
  type NodeAddr,
  RpcError,
  StatusCode,
  type Transport,
} from '@aster/rpc-core'
import { IrohTransport } from '@aster/transport-iroh'
import { type Admitted, admit, admitAtFirst } from './admit.ts'
import { chooseCodec, statusCodecFor } from './choose-codec.ts'
import { ConnectionPool } from './connection-pool.ts'
import { ServiceNotFoundError } from './errors.ts'
import type { AsterClientOptions, ServiceClientOptions } from './options.ts'
import { type ClientSettings, resolveSettings } from './settings.ts'

/** What stands while the client is connected. */
interface Established {
  readonly transport: Transport
  readonly pool: ConnectionPool
  readonly compression: Compression
  readonly admitted: Admitted
}

/**
 * A consumer of one producer: `connect()` asks to be admitted, `client(Service)` gives typed calls.
 *
 * Leaving the scope of `await using` closes it. Once closed it stays closed.
 */
export class AsterClient implements AsyncDisposable {
  readonly #options: AsterClientOptions
  readonly #settings: ClientSettings
  #opening: Promise<Established> | undefined
  #established: Established | undefined
  #closing: Promise<void> | undefined

  /**
   * Reads the configuration, the identity file and the credential; opens nothing.
   *
   * @throws ConfigError for what is missing or ill-formed
   */
  constructor(options: AsterClientOptions = {}) {
    this.#options = options
    this.#settings = resolveSettings(options)
    for (const warning of this.#settings.warnings) options.logger?.warn({}, warning)
  }

  /** A new client, connected. */
  static async connect(options: AsterClientOptions & { signal?: AbortSignal } = {}): Promise<AsterClient> {
    const client = new AsterClient(options)
    await client.connect({ signal: options.signal })
    return client
  }

  /**
   * Opens the endpoint, reaches the producer and asks to be admitted. Called again, gives the same outcome.
   *
   * @throws AdmissionDeniedError · ProducerIdentityError · RpcError `UNAVAILABLE` when the producer cannot be reached within
   *   the connect timeout · the reason of `signal`
   */
  async connect(options: { signal?: AbortSignal | undefined } = {}): Promise<void> {
    if (this.#closing !== undefined) throw closedError()
    this.#opening ??= this.#open(options.signal)
    const established = await this.#opening
    if (this.#closing !== undefined) throw closedError()
    this.#established = established
  }

  /** The configuration, with the identity file in it; `config.explain()` tells where each value came from. */
  get config(): AsterConfig {
    return this.#settings.config
  }

  /** The services that the producer offers. */
  get services(): readonly ServiceSummary[] {
    return this.#connected.admitted.services
  }

  /** What the credential says of this consumer, as the producer understood it. */
  get attributes(): Readonly<Record<string, string>> {
    return this.#connected.admitted.attributes
  }

  /** This endpoint's id: 64 hex digits. */
  get endpointId(): string {
    return this.#connected.transport.localAddress.endpointId
  }

  /**
   * Typed calls of a shared service. The connection is opened with the first call, and shared by all services at the
   * address.
   *
   * @throws ServiceNotFoundError when the producer does not offer the service in this version
   */
  async client<S extends Callable>(service: S, options: ServiceClientOptions = {}): Promise<Client<S>> {
    if (definitionOf(service).scope === 'session') {
      throw new AsterError(
        `service '${definitionOf(service).name}' is a session service: use session(), which ends with close()`,
      )
    }
    return createClient(service, this.#clientOptions(service, options))
  }

  /**
   * A session: calls on it run one after another, on an instance of the service that the producer keeps for it until
   * `close()` or the end of `await using`.
   *
   * @throws ServiceNotFoundError when the producer does not offer the service in this version
   */
  async session<S extends Callable>(
    service: S,
    options: ServiceClientOptions & { signal?: AbortSignal } = {},
  ): Promise<Session<S>> {
    return openSession(service, { ...this.#clientOptions(service, options), signal: options.signal })
  }

  /** Ends every call with `UNAVAILABLE`, closes the connections and the endpoint. Safe to call again. */
  close(): Promise<void> {
    this.#closing ??= this.#shut()
    return this.#closing
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  get #connected(): Established {
    if (this.#closing !== undefined) throw closedError()
    if (this.#established === undefined) throw new AsterError('the client is not connected: await connect() first')
    return this.#established
  }

  #clientOptions(service: Callable, options: ServiceClientOptions): ClientOptions {
    const { pool, admitted, compression } = this.#connected
    const { name, version, scope } = definitionOf(service)
    const summary = admitted.services.find((one) => one.name === name && one.version === version)
    if (summary === undefined) throw new ServiceNotFoundError(name, version, admitted.services)
    if (summary.pattern !== scope) {
      throw new AsterError(
        `service '${name}': the producer offers it as '${summary.pattern}', and its definition here says '${scope}'`,
      )
    }
    const address = channelAddress(summary, options.channel ?? this.#options.channelName ?? 'rpc', admitted.producer)
    const codec = options.codec ?? this.#options.codec ?? chooseCodec(summary)
    return {
      connection: () => pool.get(address),
      codec,
      compression: this.#options.compression ?? compression,
      interceptors: [...(this.#options.interceptors ?? []), ...(options.interceptors ?? [])],
      timeoutMs: this.#options.timeoutMs,
      statusCodec: statusCodecFor(codec),
    }
  }

  async #open(signal: AbortSignal | undefined): Promise<Established> {
    const { secretKey, relayMode, bindAddr, connectTimeoutMs } = this.#settings.config
    const compression = await createZstd()
    const transport = this.#options.transport ?? (await IrohTransport.bind({ secretKey, relayMode, bindAddr }))
    try {
      const admitted = await admitAtFirst(transport, this.#settings, signal)
      const readmit = (): Promise<Admitted> => admit(transport, admitted.producer, this.#settings, undefined)
      return { transport, compression, admitted, pool: new ConnectionPool(transport, connectTimeoutMs, readmit) }
    } catch (error) {
      await this.#release(transport)
      throw error
    }
  }

  async #shut(): Promise<void> {
    const established = await this.#opening?.catch(() => undefined)
    if (established === undefined) return
    established.pool.close()
    await this.#release(established.transport)
  }

  async #release(transport: Transport): Promise<void> {
    if (transport !== this.#options.transport) await transport.close()
  }
}

/** Where a channel leads. A bare id gets the addresses under which this consumer was admitted. */
function channelAddress(service: ServiceSummary, channel: string, producer: NodeAddr): NodeAddr {
  const text = service.channels[channel]
  if (text === undefined) {
    const known = Object.keys(service.channels).join(', ')
    throw new AsterError(
      `service '${service.name}' has no channel '${channel}' (channels: ${known === '' ? 'none' : known})`,
    )
  }
  const address = parseAddress(text, { source: `channel '${channel}' of service '${service.name}'` })
  if (address.addresses.length > 0 || address.relayUrl !== undefined) return address
  return address.endpointId === producer.endpointId ? producer : address
}

function closedError(): RpcError {
  return new RpcError(StatusCode.UNAVAILABLE, 'the client is closed')
}
