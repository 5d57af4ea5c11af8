import type { AdmissionLimits, NonceStore } from '@aster/admission'
import type { AsterConfig } from '@aster/config'
import type { Health } from '@aster/health'
import type { ServerLimits } from '@aster/interceptors'
import type { Codec, Compression, Interceptor, Logger, ServiceLike, Transport } from '@aster/rpc-core'
import type { ChannelOptions } from './channel-options.ts'
import type { SignalOptions } from './signals.ts'

/**
 * The options of an `AsterServer`. Only `services` is required if the `ASTER_*` environment or an identity file contains
 * the settings.
 */
export interface AsterServerOptions {
  /**
   * The services of the main channel: results of `implement(…)`, instances of `@service` classes, and the classes
   * themselves for sessions.
   */
  services: readonly ServiceLike[]
  /**
   * The configuration. Options win over its values.
   *
   * @default `AsterConfig.fromEnv()`
   */
  config?: AsterConfig | undefined
  /**
   * The path of the identity file, which contains the node key and the root key of its entry `peer`. `false` uses no
   * identity file.
   *
   * @default ASTER_IDENTITY_FILE, otherwise `.aster-identity` in the working directory if that file exists
   */
  identityFile?: string | false | undefined
  /**
   * The name of the entry of the identity file whose root key is used. The entry may have any role.
   *
   * @default the first producer
   */
  peer?: string | undefined
  /**
   * The root key that signs the credentials of consumers: 64 hex digits or 32 bytes.
   *
   * @default ASTER_ROOT_PUBKEY; a new key if all consumers are admitted
   */
  rootPubkey?: string | Uint8Array | undefined
  /**
   * Admits consumers without a credential. If a consumer sends a credential, it is checked all the same.
   *
   * @default ASTER_ALLOW_ALL_CONSUMERS, otherwise false
   */
  allowAllConsumers?: boolean | undefined
  /**
   * Milliseconds for which `start()` and the answers to requests for admission wait until the endpoints can be reached
   * through a relay.
   *
   * @default ASTER_RELAY_TIMEOUT_MS, otherwise 5,000
   */
  relayTimeoutMs?: number | undefined
  /**
   * Whether the endpoints can be found by their ids alone, through the DNS of n0. Cannot be combined with `transport`.
   *
   * @default ASTER_DISCOVERY, otherwise true with the relays of n0, and false with a relay of your own or none
   */
  discovery?: boolean | undefined
  /**
   * Records the use of one-time credentials.
   *
   * @default files in ASTER_STORAGE_PATH, otherwise memory, which is lost at a restart
   */
  nonceStore?: NonceStore | undefined
  /**
   * Limits of requests for admission, for all peers together: `timeoutMs` (10,000), `maxConnections` (1,024),
   * `maxConnectionsPerPeer` (4), and `perAddress` with `perSecond` (100) and `burst` (1,000).
   *
   * @default the numbers in parentheses
   */
  admission?: AdmissionLimits | undefined
  /**
   * The name of the main channel.
   *
   * @default 'rpc'
   */
  channelName?: string | undefined
  /**
   * Further channels by name, 99 at most. Each has an endpoint of its own.
   *
   * @default none
   */
  channels?: Readonly<Record<string, ChannelOptions>> | undefined
  /**
   * Offers the health service on the main channel. Every service is `SERVING` when `start()` is done, and all are
   * `NOT_SERVING` as soon as `close()` begins. If the option is a `Health` of your own, the statuses that were set
   * before `start()` stay.
   *
   * @default false
   */
  health?: boolean | Health | undefined
  /**
   * Offers `aster.reflection` on the main channel, which describes all services to admitted consumers: methods, types,
   * documentation, required roles, and contract ids.
   *
   * @default false
   */
  reflection?: boolean | undefined
  /**
   * Milliseconds without a packet after which a consumer counts as dead, if the server waits for a request from it:
   * 1,000 or more. `Infinity` leaves the decision to QUIC, which closes the connection after 30 s. Cannot be combined with
   * `transport`.
   *
   * @default ASTER_DEAD_PEER_MS, otherwise 30,000, and 2,000 on loopback paths
   */
  deadPeerMs?: number | undefined
  /**
   * A transport to use in place of iroh. The server does not close it.
   *
   * @default iroh
   */
  transport?: Transport | undefined
  /**
   * The only codec, in place of Fory XLANG and JSON.
   *
   * @default Fory XLANG and JSON
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
   * Limits of calls for the server, each service, each method, and each peer. They are checked after the interceptors,
   * so that interceptors see refused calls.
   *
   * @default no limits
   */
  limits?: ServerLimits | undefined
  /**
   * Streams of one connection that are served at a time, like MAX_CONCURRENT_STREAMS of gRPC. A call occupies a stream
   * until it is over on both sides, and a session occupies one while it is open. Further streams wait until one ends. The
   * deadlines of their calls run meanwhile, and none is refused. On iroh the same number, but at least 100, bounds the
   * streams that a consumer can open.
   *
   * @default as many as the transport lets a consumer open: 1,024 on iroh
   */
  maxConcurrentStreams?: number | undefined
  /**
   * Open connections for calls on all channels together: an integer from 1 on. If the limit is reached, a new
   * connection displaces an idle one of the peer with the most connections. If no connection is idle, the new one is
   * closed with code 429, and its calls fail with `RESOURCE_EXHAUSTED`.
   *
   * @default 10,000
   */
  maxConnections?: number | undefined
  /**
   * Open connections for calls of one peer on all channels together: an integer from 1 on. If the limit is reached, a
   * new connection displaces the one of the same peer that has been idle longest. If no connection is idle, the new one
   * is closed with code 429.
   *
   * @default 64
   */
  maxConnectionsPerPeer?: number | undefined
  /**
   * Milliseconds without a call or session after which a connection is closed with code 0: more than 0. A stream that ends
   * without a header does not count. An `AsterClient` dials again with its next call.
   *
   * @default Infinity: an idle connection stays open
   */
  connectionIdleTimeoutMs?: number | undefined
  /**
   * Milliseconds without a running call after which a session is ended with `UNAVAILABLE`, together with its instance:
   * more than 0.
   *
   * @default Infinity: a session stays open until the consumer ends it
   */
  sessionIdleTimeoutMs?: number | undefined
  /**
   * Milliseconds that a handler may take. Longer deadlines of calls are cut to this time. `Infinity` sets no limit.
   *
   * @default 300,000 for unary and client-stream calls; none for server-stream and bidi calls, which run until the caller leaves them
   */
  handlerTimeoutMs?: number | undefined
  /**
   * Milliseconds between the acceptance of a stream and the end of its header: more than 0. If the header is late, the
   * stream is answered with `DEADLINE_EXCEEDED`, or reset if no byte has arrived. `Infinity` sets no limit.
   *
   * @default 10,000
   */
  headerTimeoutMs?: number | undefined
  /**
   * Milliseconds within which the next byte of an incomplete frame must arrive: more than 0. If no byte arrives, the
   * call on the stream ends with `DEADLINE_EXCEEDED`. Silence between two frames has no limit. `Infinity` sets no
   * limit.
   *
   * @default 10,000
   */
  frameTimeoutMs?: number | undefined
  /**
   * Milliseconds within which a consumer must read some of the bytes that are sent to it: more than 0. If the consumer
   * reads nothing, the stream is reset, and a session ends. Unary and client-stream calls of shared services also end
   * at their deadline. Over iroh, reading is noticed about every 150 KiB. `Infinity` sets no limit.
   *
   * @default 30,000 for the answers of unary and client-stream calls; none for server-stream and bidi calls, whose consumers may pause
   */
  flushTimeoutMs?: number | undefined
  /**
   * Sessions that a peer may have open over all of its connections: an integer from 1 on, or `Infinity`. Further
   * sessions are answered with `RESOURCE_EXHAUSTED`.
   *
   * @default 1,000
   */
  maxSessionsPerPeer?: number | undefined
  /**
   * The largest request in bytes after decompression, 1 to 16,777,216. A smaller limit of the service or the method
   * wins. A call with a larger request fails with `RESOURCE_EXHAUSTED`.
   *
   * @default 16,777,216
   */
  maxMessageBytes?: number | undefined
  /**
   * Sends the message of an unknown exception in a handler to the consumer.
   *
   * @default false
   */
  exposeErrors?: boolean | undefined
  /**
   * Drains the server on SIGTERM and SIGINT: calls `close({ graceMs })` with 25,000 ms, or with the `graceMs` of the
   * option. The process ends when nothing else keeps it alive; a second signal ends it at once. The server listens from
   * the beginning of `start()` to the end of `close()`.
   *
   * @default false
   */
  signals?: boolean | SignalOptions | undefined
  /**
   * Receives every decision on admission, failures of handlers, and suspicious settings. `false` logs nothing.
   *
   * @default lines on stderr, according to ASTER_LOG_FORMAT, ASTER_LOG_LEVEL and ASTER_LOG_MASK
   */
  logger?: Logger | false | undefined
}
