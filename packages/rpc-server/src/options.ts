import type { Codec, Compression, Interceptor, Logger, Peer, ServiceLike } from '@aster/rpc-core'
import type { PeerSessions } from './peer-sessions.ts'
import type { Refusal } from './refusal.ts'

export interface ServeOptions {
  /** Results of `implement(…)`, instances of `@service` classes, and for sessions the classes themselves. */
  services: readonly ServiceLike[]
  /** The formats that are understood; a call is answered in its own. */
  codecs: readonly Codec[]
  /** @default messages go uncompressed, and a compressed request is an error */
  compression?: Compression | undefined
  /**
   * Bytes of a response above which it is compressed, 0 or more: what the transport of the connection says.
   * @default 4,096
   */
  compressAbove?: number | undefined
  /** The first is the outermost. One that breaks its contract fails the call, and is named in the log. @default none */
  interceptors?: readonly Interceptor[] | undefined
  /** Who calls. @default the connection's remote id, without attributes */
  peer?: Peer | undefined
  /**
   * Streams of the connection that are served at a time, like MAX_CONCURRENT_STREAMS of gRPC: a call is one until it is over on
   * both sides, a session while it is open. Further ones wait until one ends; their deadlines run, and none is refused.
   * @default as many as the transport lets the consumer open
   */
  maxConcurrentStreams?: number | undefined
  /**
   * Milliseconds after which a connection without any stream is closed with code 0; a client of this project dials anew with its
   * next call. More than 0.
   *
   * @default Infinity: an idle connection stays open
   */
  connectionIdleTimeoutMs?: number | undefined
  /**
   * Milliseconds after which a session without a running call is ended with `UNAVAILABLE`, and its instance with it. More than 0.
   *
   * @default Infinity: a session stays open until the consumer ends it
   */
  sessionIdleTimeoutMs?: number | undefined
  /**
   * Milliseconds that a handler may take, in every pattern; a deadline that is later is bounded by it. `Infinity` is no limit.
   *
   * @default 300,000 for unary and client-stream calls; none for server-stream and bidi calls, which live until they are left
   */
  handlerTimeoutMs?: number | undefined
  /**
   * Lets the message of a handler's unknown exception reach the consumer, as Python producers do (quirk 10 of
   * docs/python-0.1.md). The error of a call that the handler made to another producer counts as an unknown exception.
   *
   * @default false
   */
  exposeErrors?: boolean | undefined
  /** Exceptions of handlers, and mistakes that are worth a warning. A logger that throws loses its line alone. @default silent */
  logger?: Logger | undefined
  /**
   * Milliseconds from the acceptance of a stream until its header has come whole, like `headersTimeout` of Node's HTTP server:
   * more than 0. A stream that is late is answered with `DEADLINE_EXCEEDED`, or reset if nothing came. `Infinity` is none.
   *
   * @default 10,000
   */
  headerTimeoutMs?: number | undefined
  /**
   * Milliseconds in which at least one byte of a frame that has begun has to come: more than 0. Silence between two frames does
   * no harm and has no limit, and the time does not run while the stream is not read. The call on a stream that stalls ends
   * with `DEADLINE_EXCEEDED`. `Infinity` is none.
   *
   * @default 10,000
   */
  frameTimeoutMs?: number | undefined
  /**
   * Milliseconds in which a consumer has to take some of what is sent to it, like `stream_flush_timeout` of Envoy: more than 0. A
   * stream whose consumer takes nothing is reset, and a session ends. Unary and client-stream calls on a stream of their own
   * end at their deadline, too. Over iroh a consumer that reads is noticed about every 150 KiB. `Infinity` is none.
   *
   * @default 30,000 for the answers of unary and client-stream calls; none for server-stream and bidi calls, whose consumers may pause
   */
  flushTimeoutMs?: number | undefined
  /**
   * Sessions that a peer may have open, over all connections that share `peerSessions`: an integer from 1 on, or `Infinity`.
   * Further ones are answered with `RESOURCE_EXHAUSTED`.
   *
   * @default 1,000
   */
  maxSessionsPerPeer?: number | undefined
  /** Counts the sessions of each peer. Pass the same one for all connections of a server. @default one for this connection */
  peerSessions?: PeerSessions | undefined
  /**
   * The largest request that is read, in bytes after decompression, 1 to 16,777,216; a smaller one of the service or the method
   * wins. A call with a larger one fails with `RESOURCE_EXHAUSTED`. Responses are bounded by what the client reads.
   * @default 16,777,216
   */
  maxMessageBytes?: number | undefined
  /** Called with every stream and call that is refused or cut off for what the peer does. Must not throw. @default none */
  onRefusal?: ((refusal: Refusal) => void) | undefined
}
