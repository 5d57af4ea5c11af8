import { type AdmissionDecision, type AdmissionRequest, answerAdmission, type ServiceSummary } from '@aster/admission'
import { ForyCodec } from '@aster/codec-fory'
import { JsonCodec } from '@aster/codec-json'
import { createZstd } from '@aster/compression-zstd'
import { AsterConfig } from '@aster/config'
import { formatNodeAddr, formatTicket, generateKeyPair } from '@aster/identity'
import {
  AsterError,
  type Codec,
  type Compression,
  type Connection,
  implementationOf,
  type NodeAddr,
  SerializationMode,
  type Transport,
} from '@aster/rpc-core'
import { ADMISSION_ALPN, NOT_ADMITTED, RPC_ALPN } from '@aster/rpc-core/protocol'
import { type ServedConnection, serveConnection } from '@aster/rpc-server'
import { IrohTransport } from '@aster/transport-iroh'
import type { AsterServerOptions } from './options.ts'

/** How long a consumer may keep its admission connection. */
const ADMISSION_MS = 30_000

interface Running {
  readonly transport: Transport<NodeAddr>
  readonly compression: Compression
  readonly accepting: Promise<void>
}

/**
 * A producer: admits consumers and answers their calls. Leaving the scope of `await using` closes it. Once closed it
 * stays closed.
 */
export class AsterServer implements AsyncDisposable {
  readonly #options: AsterServerOptions
  readonly #config: AsterConfig
  readonly #rootPubkey: string
  readonly #codecs: readonly Codec[]
  readonly #served = new Set<ServedConnection>()
  readonly #admissions = new Set<Connection>()
  #starting: Promise<Running> | undefined
  #running: Running | undefined
  #closing: Promise<void> | undefined

  /**
   * Reads the configuration and the services; opens nothing.
   *
   * @throws ConfigError for what is ill-formed · AsterError for a service that is none
   */
  constructor(options: AsterServerOptions) {
    const { config, rootPubkey, allowAllConsumers, codec } = options
    this.#options = options
    this.#config = (config ?? AsterConfig.fromEnv()).withOptions({ rootPubkey, allowAllConsumers })
    // Without a root key nobody can hold a credential of it: a new one is as good as any.
    this.#rootPubkey = this.#config.readRootPubkey() ?? generateKeyPair().publicKey
    this.#codecs = codec === undefined ? [new ForyCodec(), new JsonCodec({ missing: 'default' })] : [codec]
    for (const service of options.services) implementationOf(service)
  }

  /** Opens the endpoint and takes connections. Called again, gives the same outcome. */
  async start(): Promise<void> {
    if (this.#closing !== undefined) throw new AsterError('the server is closed')
    this.#starting ??= this.#open()
    this.#running = await this.#starting
  }

  /** The address to give to consumers, as a ticket. */
  get address(): string {
    return formatTicket({ ...this.#address, relayUrl: undefined })
  }

  /** The address as a base64 NodeAddr. */
  get endpointAddr(): string {
    return formatNodeAddr(this.#address)
  }

  get endpointId(): string {
    return this.#address.endpointId
  }

  /** The key that consumers' credentials must be signed by: 64 hex digits. */
  get rootPubkey(): string {
    return this.#rootPubkey
  }

  /** What is told to consumers that are admitted. */
  get services(): readonly ServiceSummary[] {
    const channels = { [this.#options.channelName ?? 'rpc']: this.endpointAddr }
    return this.#options.services.map((service) => {
      const { name, version, scope } = implementationOf(service).definition
      return { name, version, contractId: '', channels, pattern: scope, serializationModes: this.#codecs.map(modeName) }
    })
  }

  /** Waits up to `graceMs` (0) for running calls, then closes every connection and the endpoint. Safe to call again. */
  close(options: { graceMs?: number } = {}): Promise<void> {
    this.#closing ??= this.#shut(options)
    return this.#closing
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  get #address(): NodeAddr {
    if (this.#running === undefined) throw new AsterError('the server has no address yet: await start() first')
    return this.#running.transport.localAddress
  }

  async #open(): Promise<Running> {
    const { secretKey, relayMode, bindAddr } = this.#config
    const compression = this.#options.compression ?? (await createZstd())
    const transport = this.#options.transport ?? (await IrohTransport.bind({ secretKey, relayMode, bindAddr }))
    return { transport, compression, accepting: this.#accept(transport, compression) }
  }

  async #accept(transport: Transport<NodeAddr>, compression: Compression): Promise<void> {
    for await (const connection of transport.listen({ alpns: [RPC_ALPN, ADMISSION_ALPN] })) {
      if (connection.alpn === ADMISSION_ALPN) void this.#admit(connection)
      else this.#serve(connection, compression)
    }
  }

  #serve(connection: Connection, compression: Compression): void {
    if (!this.#config.allowAllConsumers) return connection.close(NOT_ADMITTED, 'not admitted')
    const { services, interceptors, handlerTimeoutMs, exposeErrors, logger } = this.#options
    const peer = { id: connection.remoteId, attributes: {} }
    const served = serveConnection(connection, {
      services,
      codecs: this.#codecs,
      compression,
      interceptors,
      peer,
      handlerTimeoutMs,
      exposeErrors,
      logger,
    })
    this.#served.add(served)
    void served.done.then(() => this.#served.delete(served))
  }

  async #admit(connection: Connection): Promise<void> {
    this.#admissions.add(connection)
    const timer = setTimeout(() => connection.close(), ADMISSION_MS)
    const logger = this.#options.logger
    try {
      for await (const stream of connection.incomingStreams()) {
        const decision = await answerAdmission(stream, {
          rootPubkey: this.#rootPubkey,
          services: () => this.services,
          decide: (request) => this.#decide(request),
        })
        const fields = { peer: connection.remoteId, admitted: decision.admitted }
        if (decision.admitted) logger?.info({ ...fields, attributes: decision.attributes }, 'consumer admitted')
        else logger?.warn({ ...fields, reason: decision.reason }, 'consumer denied')
        break
      }
      await connection.closed
    } catch (error) {
      logger?.warn({ err: error, peer: connection.remoteId }, 'an admission failed')
    } finally {
      clearTimeout(timer)
      this.#admissions.delete(connection)
    }
  }

  #decide(request: AdmissionRequest): AdmissionDecision {
    if (request.credentialJson !== '')
      return { admitted: false, reason: 'credentials are not checked by this producer' }
    if (!this.#config.allowAllConsumers) return { admitted: false, reason: 'no credential was sent' }
    return { admitted: true, attributes: {} }
  }

  async #shut({ graceMs = 0 }: { graceMs?: number }): Promise<void> {
    const running = await this.#starting?.catch(() => undefined)
    if (running === undefined) return
    await Promise.all([...this.#served].map((served) => served.close({ graceMs })))
    for (const connection of this.#admissions) connection.close()
    if (running.transport !== this.#options.transport) {
      await running.transport.close()
      await running.accepting
    }
  }
}

function modeName(codec: Codec): string {
  const names = {
    [SerializationMode.XLANG]: 'xlang',
    [SerializationMode.NATIVE]: 'native',
    [SerializationMode.ROW]: 'row',
    [SerializationMode.JSON]: 'json',
  }
  return names[codec.mode]
}
