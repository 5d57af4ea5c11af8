import type { AsterConfig } from '@aster/config'
import type { Description } from '@aster/description'
import type { Codec, Compression, Interceptor, Logger, Transport } from '@aster/rpc-core'
import type { Policy } from './policy.ts'

/**
 * The options of an `AsterClient`. All are optional if the `ASTER_*` environment or an identity file contains the
 * settings.
 */
export interface AsterClientOptions {
  /**
   * The configuration. Options win over its values.
   *
   * @default `AsterConfig.fromEnv()`
   */
  config?: AsterConfig | undefined
  /**
   * The name of the consumer entry of the identity file. The client uses its credential, root key and node key.
   *
   * @default the first consumer, if there is an identity file
   */
  peer?: string | undefined
  /**
   * The path of the identity file. `false` uses no identity file.
   *
   * @default ASTER_IDENTITY_FILE, otherwise `.aster-identity` in the working directory if that file exists
   */
  identityFile?: string | false | undefined
  /**
   * The path of a credential file: JSON or an identity file.
   *
   * @default the entry of the identity file, otherwise ASTER_ENROLLMENT_CREDENTIAL
   */
  enrollmentCredentialFile?: string | undefined
  /**
   * The address of the producer: a ticket, a base64 NodeAddr or an endpoint id. Several addresses are of producers that
   * offer the same services; `policy` chooses among them.
   *
   * @default ASTER_ENDPOINT_ADDR
   */
  endpointAddr?: string | readonly string[] | undefined
  /**
   * Chooses the producer of a call if there are several.
   *
   * @default 'pick-first'
   */
  policy?: Policy | undefined
  /**
   * The root key of the producer: 64 hex digits or 32 bytes. A producer with another root key is refused.
   *
   * @default ASTER_ROOT_PUBKEY, otherwise any root key is accepted
   */
  rootPubkey?: string | Uint8Array | undefined
  /**
   * The name of the channel on which services are called.
   *
   * @default 'rpc'
   */
  channelName?: string | undefined
  /**
   * The channels of producers that the client may dial: names of channels, or ids of the endpoints that the channels
   * lead to. Endpoints of `endpointAddr` are always allowed. An empty list allows no other endpoint.
   *
   * @default all channels
   */
  allowedChannels?: readonly string[] | undefined
  /**
   * Milliseconds within which the producer must be reached and admit the client.
   *
   * @default ASTER_CONNECT_TIMEOUT_MS, otherwise 10,000
   */
  connectTimeoutMs?: number | undefined
  /**
   * Milliseconds without a packet after which a producer counts as dead, if a call waits for it: 1,000 or more.
   * `Infinity` leaves the decision to QUIC, which closes the connection after 30 s. Cannot be combined with `transport`.
   *
   * @default ASTER_DEAD_PEER_MS, otherwise 15,000; 20,000 while several paths are open; 2,000 on loopback paths
   */
  deadPeerMs?: number | undefined
  /**
   * Whether producers can be found by endpoint id alone, and this endpoint by its own id, through the DNS of n0. Cannot
   * be combined with `transport`.
   *
   * @default ASTER_DISCOVERY, otherwise true with the relays of n0, and false with a relay of your own or none
   */
  discovery?: boolean | undefined
  /**
   * Milliseconds that every call may take. A smaller timeout of the method or the call wins.
   *
   * @default ASTER_CALL_TIMEOUT_MS, otherwise no timeout
   */
  timeoutMs?: number | undefined
  /**
   * The largest response in bytes after decompression, 1 to 16,777,216. A smaller limit of the service or the method
   * wins. A call with a larger response fails with `RESOURCE_EXHAUSTED`.
   *
   * @default 16,777,216
   */
  maxMessageBytes?: number | undefined
  /**
   * Milliseconds after which a connection without calls and sessions is closed. The next call dials again. With a
   * Python producer, a client that uses a one-time credential is then locked out when its admission has ended (quirk 22
   * of docs/python-0.1.md).
   *
   * @default never
   */
  idleTimeoutMs?: number | undefined
  /**
   * Connections to one endpoint of a producer at a time, from 1. Another connection is dialled if a call has waited 50
   * ms for a stream because the producer allows no more streams on a connection. It is closed when it has been unused
   * for 30 s, and needs no further admission. With 1, such calls wait. If a connection is replaced because the producer
   * does not end streams, the old one finishes its calls and is not counted.
   *
   * @default 4
   */
  maxConnectionsPerTarget?: number | undefined
  /**
   * Refuses services whose contract id differs from that of the definition, or that have none.
   *
   * @default false: errors of calls contain a hint at the difference
   */
  strictContract?: boolean | undefined
  /**
   * Whether clients of this process share one endpoint and endpoint id if their node key (or its absence), credential,
   * `relayMode`, `relayToken`, `discovery`, `bindAddr` and `deadPeerMs` are equal. The last `close()` closes the endpoint. A
   * producer applies its limits per peer to all these clients together. Cannot be combined with `transport`.
   *
   * @default true
   */
  shareEndpoint?: boolean | undefined
  /**
   * A transport to use in place of iroh. The client does not close it.
   *
   * @default iroh
   */
  transport?: Transport | undefined
  /**
   * The codec of every service.
   *
   * @default chosen from what the producer offers, XLANG first
   */
  codec?: Codec | undefined
  /**
   * The compression of long messages.
   *
   * @default zstd. If Node has no zstd of its own, a package is loaded when it is first needed
   */
  compression?: Compression | undefined
  /**
   * Interceptors of every call. The first interceptor is the outermost.
   *
   * @default none
   */
  interceptors?: readonly Interceptor[] | undefined
  /**
   * Receives warnings and errors. `false` logs nothing.
   *
   * @default lines on stderr, according to ASTER_LOG_FORMAT, ASTER_LOG_LEVEL and ASTER_LOG_MASK
   */
  logger?: Logger | false | undefined
}

/** The options of a client after the configuration has been read. */
export interface ResolvedClientOptions extends Omit<AsterClientOptions, 'logger'> {
  /** A logger that never throws. */
  readonly logger: Logger | undefined
}

/** The options of `client()` and `session()`. */
export interface ServiceClientOptions {
  /**
   * The channel to call.
   *
   * @default the client's `channelName`
   */
  channel?: string | undefined
  /**
   * The codec of the service.
   *
   * @default the client's `codec`, otherwise chosen from what the producer offers
   */
  codec?: Codec | undefined
  /**
   * Interceptors of the service's calls. They run inside those of the client.
   *
   * @default none
   */
  interceptors?: readonly Interceptor[] | undefined
}

/** The options of `dynamic()` and `dynamicSession()`. */
export interface DynamicClientOptions {
  /**
   * The types of the service. With them requests are checked before they are sent, and messages use XLANG if the
   * producer reads it and no type among them is `any`. A service that is not described is called without types.
   *
   * @default the result of the last `describe()`, if there is one
   */
  description?: Description | undefined
  /**
   * The version of the service.
   *
   * @default the highest version that the producer offers
   */
  version?: number | undefined
  /**
   * The channel to call.
   *
   * @default the client's `channelName`
   */
  channel?: string | undefined
  /**
   * Interceptors of the service's calls. They run inside those of the client.
   *
   * @default none
   */
  interceptors?: readonly Interceptor[] | undefined
}
