import type { Codec, Compression, Interceptor, Logger, Peer, ServiceLike } from '@aster/rpc-core'
import type { Refusal } from './refusal.ts'

export interface ServeOptions {
  /** Results of `implement(…)`, instances of `@service` classes, and for sessions the classes themselves. */
  services: readonly ServiceLike[]
  /** The formats that are understood; a call is answered in its own. */
  codecs: readonly Codec[]
  /** @default messages go uncompressed, and a compressed request is an error */
  compression?: Compression | undefined
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
   * Milliseconds that a handler may take, in every pattern; a deadline that is later is bounded by it. `Infinity` is no limit.
   *
   * @default 300,000 for unary and client-stream calls; none for server-stream and bidi calls, which live until they are left
   */
  handlerTimeoutMs?: number | undefined
  /**
   * Lets the text of a handler's unknown exception reach the consumer, as Python does. The error of a call that the handler
   * made to another producer counts as one.
   *
   * @default false
   */
  exposeErrors?: boolean | undefined
  /** Exceptions of handlers, and mistakes that are worth a warning. A logger that throws loses its line alone. @default silent */
  logger?: Logger | undefined
  /**
   * The largest request that is read, in bytes after decompression, 1 to 16,777,216; a smaller one of the service or the method
   * wins. A call with a larger one fails with `RESOURCE_EXHAUSTED`. Responses are bounded by what the client reads.
   * @default 16,777,216
   */
  maxMessageBytes?: number | undefined
  /** Called with every stream and call that is refused or cut off for what the peer does. Must not throw. @default none */
  onRefusal?: ((refusal: Refusal) => void) | undefined
}
