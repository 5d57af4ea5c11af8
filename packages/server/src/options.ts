import type { AdmissionLimits, NonceStore } from '@aster/admission'
import type { AsterConfig } from '@aster/config'
import type { Health } from '@aster/health'
import type { ServerLimits } from '@aster/interceptors'
import type { Codec, Compression, Interceptor, Logger, ServiceLike, Transport } from '@aster/rpc-core'
import type { ChannelOptions } from './channel-options.ts'
import type { SignalOptions } from './signals.ts'

/** Everything but the services may be left out where the `ASTER_*` environment or an identity file says it. */
export interface AsterServerOptions {
  /** Results of `implement(…)`, instances of `@service` classes, and for sessions the classes themselves. */
  services: readonly ServiceLike[]
  /** @default AsterConfig.fromEnv() */
  config?: AsterConfig | undefined
  /**
   * Gives the node key, and the root key of its entry `peer`. `false` does without an identity file.
   *
   * @default ASTER_IDENTITY_FILE, else `.aster-identity` in the working directory, if there
   */
  identityFile?: string | false | undefined
  /** The entry of the identity file whose root key counts, of whatever role. @default the first producer's */
  peer?: string | undefined
  /** The root key that consumers' credentials must be signed by: 64 hex digits or 32 bytes. @default ASTER_ROOT_PUBKEY; at an open gate a new one */
  rootPubkey?: string | Uint8Array | undefined
  /** Admits consumers without a credential; one that is sent is checked all the same. @default ASTER_ALLOW_ALL_CONSUMERS, else false */
  allowAllConsumers?: boolean | undefined
  /**
   * Milliseconds for which `start()`, and an answer to a consumer that asks for admission, wait until the endpoints can be
   * reached through a relay. @default ASTER_RELAY_TIMEOUT_MS, else 5,000
   */
  relayTimeoutMs?: number | undefined
  /**
   * Whether the endpoints can be found by their ids alone, through the DNS of n0. Not for a transport of your own.
   *
   * @default ASTER_DISCOVERY, else true with the relays of n0, false with a relay of one's own or none
   */
  discovery?: boolean | undefined
  /** Where the use of one-time credentials is recorded. @default files in ASTER_STORAGE_PATH, else in memory, which a restart forgets */
  nonceStore?: NonceStore | undefined
  /**
   * What admissions may take, all peers together: `timeoutMs` (10,000), `maxConnections` (1,024), `maxConnectionsPerPeer` (4) and
   * `perAddress` with `perSecond` (100) and `burst` (1,000). @default those numbers
   */
  admission?: AdmissionLimits | undefined
  /** The name under which the services' address is offered. @default 'rpc' */
  channelName?: string | undefined
  /** Channels beside that one by their names, each with an endpoint of its own; 99 at most. @default none */
  channels?: Readonly<Record<string, ChannelOptions>> | undefined
  /**
   * Offers the health service on the main channel: every service is `SERVING` once `start()` is done, and all are
   * `NOT_SERVING` as soon as `close()` begins. What a `Health` of your own was told before `start()` stays. @default false
   */
  health?: boolean | Health | undefined
  /**
   * Offers `aster.reflection` on the main channel, which tells consumers that are admitted of all services: methods, types,
   * texts of documentation, the roles that are required, and contract ids. @default false
   */
  reflection?: boolean | undefined
  /**
   * Milliseconds without a packet after which a consumer counts as gone, while a request of it is waited for: 1,000 or more.
   * `Infinity` leaves it to QUIC, which gives up after 30 s. Not for a transport of your own.
   *
   * @default ASTER_DEAD_PEER_MS, else 30,000, and 2,000 on loopback paths
   */
  deadPeerMs?: number | undefined
  /** A transport of your own; closing it stays with you. @default iroh */
  transport?: Transport | undefined
  /** One codec instead of XLANG and JSON. */
  codec?: Codec | undefined
  /** @default zstd, loaded when it is first needed where Node has none of its own */
  compression?: Compression | undefined
  /** Around every call; the first is the outermost. @default none */
  interceptors?: readonly Interceptor[] | undefined
  /**
   * What calls may take: of the server, of each service, of each method, of each peer. Stands behind the interceptors, so that
   * those see what is refused. @default no limits
   */
  limits?: ServerLimits | undefined
  /**
   * Streams of one connection that are served at a time, like MAX_CONCURRENT_STREAMS of gRPC: a call is one until it is over on
   * both sides, a session while it is open. Further ones wait until one ends; their deadlines run, and none is refused. iroh lets
   * a consumer open as many, but 100 at least. @default as many as the transport lets a consumer open: 1,024 of iroh
   */
  maxConcurrentStreams?: number | undefined
  /**
   * Open connections for calls, of all channels together; an integer from 1 on. A further one is taken in place of an idle one, of
   * the peer that has the most; if none is idle, it is closed with code 429, and its calls fail with `RESOURCE_EXHAUSTED`.
   *
   * @default 10,000
   */
  maxConnections?: number | undefined
  /**
   * Open connections for calls of one peer, on all channels together; an integer from 1 on. A further one is taken in place of the
   * one of that peer that is idle for longest; if none is idle, it is closed with code 429.
   *
   * @default 64
   */
  maxConnectionsPerPeer?: number | undefined
  /**
   * Milliseconds after which a connection without any stream is closed with code 0; a client of this project dials anew with its
   * next call. More than 0. @default Infinity: an idle connection stays open
   */
  connectionIdleTimeoutMs?: number | undefined
  /**
   * Milliseconds after which a session without a running call is ended with `UNAVAILABLE`, and its instance with it. More than 0.
   *
   * @default Infinity: a session stays open until the consumer ends it
   */
  sessionIdleTimeoutMs?: number | undefined
  /**
   * Milliseconds that a handler may take, which bounds deadlines too. `Infinity` is none.
   *
   * @default 300,000 for unary and client-stream calls; none for server-stream and bidi calls, which live until they are left
   */
  handlerTimeoutMs?: number | undefined
  /**
   * Milliseconds from the acceptance of a stream until its header has come whole: more than 0. A stream that is late is answered
   * with `DEADLINE_EXCEEDED`, or reset if nothing came. `Infinity` is none.
   *
   * @default 10,000
   */
  headerTimeoutMs?: number | undefined
  /**
   * Milliseconds in which at least one byte of a frame that has begun has to come: more than 0. Silence between two frames has no
   * limit. The call on a stream that stalls ends with `DEADLINE_EXCEEDED`. `Infinity` is none.
   *
   * @default 10,000
   */
  frameTimeoutMs?: number | undefined
  /**
   * Milliseconds in which a consumer has to take some of what is sent to it: more than 0. A stream whose consumer takes nothing is
   * reset, and a session ends. Unary and client-stream calls of shared services end at their deadline, too. Over iroh a
   * consumer that reads is noticed about every 150 KiB. `Infinity` is none.
   *
   * @default 30,000 for the answers of unary and client-stream calls; none for server-stream and bidi calls, whose consumers may pause
   */
  flushTimeoutMs?: number | undefined
  /**
   * Sessions that a peer may have open, over all of its connections: an integer from 1 on, or `Infinity`. Further ones are
   * answered with `RESOURCE_EXHAUSTED`.
   *
   * @default 1,000
   */
  maxSessionsPerPeer?: number | undefined
  /**
   * The largest request that is read, in bytes after decompression, 1 to 16,777,216; a smaller one of the service or the method
   * wins. A call with a larger one fails with `RESOURCE_EXHAUSTED`. @default 16,777,216
   */
  maxMessageBytes?: number | undefined
  /** Lets a handler's unknown exception reach the consumer with its text. @default false */
  exposeErrors?: boolean | undefined
  /**
   * Drains on SIGTERM and SIGINT: `close({ graceMs })` with 25,000 ms, or those that are given. The process ends once nothing keeps
   * it; a second signal ends it at once. Listens from the beginning of `start()` to the end of `close()`. @default false
   */
  signals?: boolean | SignalOptions | undefined
  /**
   * Gets every decision on admission, failures of handlers, and what is odd in the configuration. `false` is silent.
   *
   * @default lines on stderr, as ASTER_LOG_FORMAT, ASTER_LOG_LEVEL and ASTER_LOG_MASK say
   */
  logger?: Logger | false | undefined
}
