import type { AsterConfig } from '@aster/config'
import type { Description } from '@aster/description'
import type { Codec, Compression, Interceptor, Logger, Transport } from '@aster/rpc-core'
import type { Policy } from './policy.ts'

/** Everything may be left out where the `ASTER_*` environment or an identity file says it. */
export interface AsterClientOptions {
  /** @default AsterConfig.fromEnv() */
  config?: AsterConfig | undefined
  /** The consumer entry of the identity file to be: its credential, root key and node key. @default the first consumer, if there is an identity file */
  peer?: string | undefined
  /** `false` does without an identity file. @default ASTER_IDENTITY_FILE, else `.aster-identity` in the working directory, if there */
  identityFile?: string | false | undefined
  /** A credential file, JSON or an identity file. @default the identity file's entry, else ASTER_ENROLLMENT_CREDENTIAL */
  enrollmentCredentialFile?: string | undefined
  /**
   * The producer: a ticket, a base64 NodeAddr or an endpoint id. Several are producers that offer the same services, among
   * which `policy` chooses. @default ASTER_ENDPOINT_ADDR
   */
  endpointAddr?: string | readonly string[] | undefined
  /** Which of several addresses a call goes to. @default 'pick-first' */
  policy?: Policy | undefined
  /** The producer's root key as 64 hex digits or 32 bytes; another one is refused. @default ASTER_ROOT_PUBKEY, else any */
  rootPubkey?: string | Uint8Array | undefined
  /** The channel of a service that is called. @default 'rpc' */
  channelName?: string | undefined
  /**
   * The channels of producers that may be dialled, by their names or by the ids of the endpoints that they lead to; those that
   * lead to an endpoint of `endpointAddr` may always be. An empty list allows no other endpoint. @default all
   */
  allowedChannels?: readonly string[] | undefined
  /** Milliseconds for reaching the producer and being admitted. @default ASTER_CONNECT_TIMEOUT_MS, else 10,000 */
  connectTimeoutMs?: number | undefined
  /**
   * Milliseconds without a packet after which a producer counts as gone, while a call waits for it: 1,000 or more. `Infinity`
   * leaves it to QUIC, which gives up after 30 s. Not for a transport of your own.
   *
   * @default ASTER_DEAD_PEER_MS, else 15,000, and 2,000 on loopback paths
   */
  deadPeerMs?: number | undefined
  /**
   * Whether producers are found by endpoint id alone, and this endpoint can be found, through the DNS of n0. Not for a transport of
   * your own.
   *
   * @default ASTER_DISCOVERY, else true with the relays of n0, false with a relay of one's own or none
   */
  discovery?: boolean | undefined
  /** Milliseconds for every call; a smaller one of the method or the call wins. @default ASTER_CALL_TIMEOUT_MS, else none */
  timeoutMs?: number | undefined
  /**
   * The largest response that is read, in bytes after decompression, 1 to 16,777,216; a smaller one of the service or the method
   * wins. A call with a larger one fails with `RESOURCE_EXHAUSTED`. @default 16,777,216
   */
  maxMessageBytes?: number | undefined
  /**
   * Milliseconds after which a connection is closed that no call and no session uses; the next call dials again. If the
   * producer is a Python one, this locks out a client with a one-time credential once its admission has ended (quirk 22 of
   * docs/python-0.1.md). @default never
   */
  idleTimeoutMs?: number | undefined
  /**
   * Connections to one endpoint of a producer at a time, from 1. A further one is dialled when a call has waited 50 ms for a
   * stream because the producer lets no more be open on a connection, and is closed when nothing has used it for 30 s. 1 lets such
   * calls wait. Needs no further admission. A connection that is replaced, because its producer does not end streams, is not
   * counted while it goes on with its last calls. @default 4
   */
  maxConnectionsPerTarget?: number | undefined
  /** Refuses services whose contract id is not that of the definition here, or that have none. @default false, and a difference is a hint */
  strictContract?: boolean | undefined
  /**
   * Whether clients of this process have one endpoint, and one endpoint id, if their node key (or its absence), credential,
   * `relayMode`, `bindAddr` and `deadPeerMs` are the same. The last `close()` closes it. Producers count limits per peer for all
   * of them together. Not for a transport of your own.
   *
   * @default true
   */
  shareEndpoint?: boolean | undefined
  /** A transport of your own; closing it stays with you. @default iroh */
  transport?: Transport | undefined
  /** One codec for every service. @default the producer's offer decides, XLANG first */
  codec?: Codec | undefined
  /** @default zstd, loaded when it is first needed where Node has none of its own */
  compression?: Compression | undefined
  /** Around every call; the first is the outermost. @default none */
  interceptors?: readonly Interceptor[] | undefined
  /** `false` is silent. @default lines on stderr, as ASTER_LOG_FORMAT, ASTER_LOG_LEVEL and ASTER_LOG_MASK say */
  logger?: Logger | false | undefined
}

/** The options of a client once the configuration is known. */
export interface ResolvedClientOptions extends Omit<AsterClientOptions, 'logger'> {
  /** Never throws. */
  readonly logger: Logger | undefined
}

export interface ServiceClientOptions {
  /** @default the client's `channelName` */
  channel?: string | undefined
  /** @default the client's, else the producer's offer decides */
  codec?: Codec | undefined
  /** Inside those of the client. @default none */
  interceptors?: readonly Interceptor[] | undefined
}

export interface DynamicClientOptions {
  /**
   * The types of the service: requests are checked before they are sent, and messages go as XLANG if the producer reads it and
   * no type among them is `any`. A service that is not described is called without. @default what `describe()` returned last, if anything
   */
  description?: Description | undefined
  /** @default the highest that the producer offers */
  version?: number | undefined
  /** @default the client's `channelName` */
  channel?: string | undefined
  /** Inside those of the client. @default none */
  interceptors?: readonly Interceptor[] | undefined
}
