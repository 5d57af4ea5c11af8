import type { Codec, Compression, Interceptor, Logger, Peer, ServiceLike } from '@aster/rpc-core'
import type { PeerSessions } from './peer-sessions.ts'
import type { Refusal } from './refusal.ts'

/** Options of a served connection. */
export interface ServeOptions {
  /** The services: results of `implement(…)`, instances of `@service` classes, and for sessions the classes themselves. */
  services: readonly ServiceLike[]
  /** The formats that the server understands. Each call is answered in its own format. */
  codecs: readonly Codec[]
  /** Compresses responses and decompresses requests. @default responses go uncompressed, and a compressed request is an error */
  compression?: Compression | undefined
  /**
   * The size in bytes above which a response is compressed, 0 or more. `Transport.compressAbove` recommends a value.
   *
   * @default 4,096
   */
  compressAbove?: number | undefined
  /** Functions around every call, the first outermost. The log names an interceptor that breaks its contract. @default none */
  interceptors?: readonly Interceptor[] | undefined
  /** The peer that calls, for handlers and access rules. @default the connection's remote id, without attributes */
  peer?: Peer | undefined
  /**
   * The most streams of the connection that are served at a time, 1 or more, like MAX_CONCURRENT_STREAMS of gRPC. A call counts until
   * it is over on both sides, a session while it is open. Further streams are not refused: they wait, while their deadlines run.
   *
   * @default as many as the transport lets the consumer open
   */
  maxConcurrentStreams?: number | undefined
  /**
   * How long a connection may be without a call or session before it is closed with code 0, in milliseconds, more than 0. A
   * stream that ends without a header does not count. A client of this project connects again for its next call.
   *
   * @default Infinity: an idle connection stays open
   */
  connectionIdleTimeoutMs?: number | undefined
  /**
   * How long a session may be without a running call before the session and its instance are ended, in milliseconds, more than 0. The
   * next call fails with `UNAVAILABLE`.
   *
   * @default Infinity: a session stays open until the consumer ends it
   */
  sessionIdleTimeoutMs?: number | undefined
  /**
   * How long a handler may take in any pattern, in milliseconds, more than 0. The limit applies also if the deadline is later.
   * `Infinity` means no limit.
   *
   * @default 300,000 for unary and client-stream calls; `Infinity` for server-stream and bidi calls
   */
  handlerTimeoutMs?: number | undefined
  /**
   * Whether the consumer receives the message of an exception that is not an `RpcError`, as with Python producers (quirk 10 of
   * docs/python-0.1.md). The error of a call that the handler made to another producer counts as such an exception.
   *
   * @default false
   */
  exposeErrors?: boolean | undefined
  /** Receives exceptions of handlers, and warnings. If the logger throws, only that line is lost. @default nothing is logged */
  logger?: Logger | undefined
  /**
   * How long the complete header of an accepted stream may take, in milliseconds, more than 0, like `headersTimeout` of Node's HTTP
   * server. A late stream is answered with `DEADLINE_EXCEEDED`, or reset if nothing arrived. `Infinity` means no limit.
   *
   * @default 10,000
   */
  headerTimeoutMs?: number | undefined
  /**
   * How long the server waits for the next byte of a frame that has begun, in milliseconds, more than 0. The call then ends with
   * `DEADLINE_EXCEEDED`. The time does not run while the server does not read the stream, and silence between two frames has no
   * limit. `Infinity` means no limit.
   *
   * @default 10,000
   */
  frameTimeoutMs?: number | undefined
  /**
   * How long the server waits for a consumer that takes no byte, in milliseconds, more than 0, like `stream_flush_timeout` of
   * Envoy. After that time the stream is reset, which ends a session. The answer of a unary or client-stream call of a shared
   * service is also dropped at the deadline of the call. Over iroh the server notices progress of a consumer only about every
   * 150 KiB. `Infinity` means no limit.
   *
   * @default 30,000 for unary and client-stream calls; `Infinity` for server-stream and bidi calls, whose consumers may pause
   */
  flushTimeoutMs?: number | undefined
  /**
   * The most sessions that a peer may have open, over all connections that share `peerSessions`: an integer of 1 or more, or
   * `Infinity`. Further sessions are answered with `RESOURCE_EXHAUSTED`.
   *
   * @default 1,000
   */
  maxSessionsPerPeer?: number | undefined
  /** Counts the sessions of each peer. Pass the same object for all connections of a server. @default a new one */
  peerSessions?: PeerSessions | undefined
  /**
   * The size of the largest request, in bytes after decompression, 1 to 16,777,216. The smallest of server, service and method
   * applies. A call with a larger request fails with `RESOURCE_EXHAUSTED`. The limit of responses is the client's.
   *
   * @default 16,777,216
   */
  maxMessageBytes?: number | undefined
  /** Called for every stream and call that is refused or cut off because of the peer. Must not throw. @default none */
  onRefusal?: ((refusal: Refusal) => void) | undefined
}
