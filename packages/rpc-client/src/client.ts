import {
  type CallOptions,
  type Codec,
  composeInterceptors,
  type Compression,
  type Connection,
  definitionOf,
  type Interceptor,
  type Logger,
  type MethodDefinition,
  type MethodKind,
  type ServiceDefinition,
} from '@aster/rpc-core'
import { guardLogger } from '@aster/rpc-core/protocol'
import { expectMessageBytes } from '@aster/rpc-core/schema'
import { BidiChannel } from './bidi-channel.ts'
import { Call, type CallPlan } from './call.ts'
import { callerError } from './call-errors.ts'
import type { CallFormat } from './call-format.ts'
import type { ConnectionSource, StreamSource } from './connection-source.ts'
import { RequestQueue } from './request-queue.ts'
import { CallResponses } from './response-stream.ts'
import { streamOpener } from './stream-wire.ts'
import { transmitter } from './transmit.ts'
import type { CallShapes, Callable, Client } from './types.ts'
import type { WireOpener } from './wire.ts'

/** Options of a client. */
export interface ClientOptions {
  /** The connection to call over, or a function that returns it. The function is called for every call. */
  connection: Connection | ConnectionSource
  /** Encodes requests and decodes responses. */
  codec: Codec
  /** Compresses requests and decompresses responses. @default requests go uncompressed, and a compressed response is an error */
  compression?: Compression | undefined
  /**
   * The size in bytes above which a request is compressed, 0 or more. `Transport.compressAbove` recommends a value.
   * @default 4,096
   */
  compressAbove?: number | undefined
  /** Functions around every call, the first outermost. @default none */
  interceptors?: readonly Interceptor[] | undefined
  /** The timeout of every call in milliseconds. The smallest of client, method and call applies. @default none */
  timeoutMs?: number | undefined
  /**
   * The size of the largest response, in bytes after decompression, 1 to 16,777,216. The smallest of client, service and method
   * applies. A call with a larger response fails with `RESOURCE_EXHAUSTED`. The limit of requests is the server's.
   * @default 16,777,216
   */
  maxMessageBytes?: number | undefined
  /** Reads error trailers that have another format than `codec` (quirk 4 of docs/python-0.1.md). @default `codec` */
  statusCodec?: Codec | undefined
  /**
   * The possible reason that is added to errors that may result from different definitions on the two sides. A function is called
   * for each such error, and returns `undefined` if it knows no reason.
   *
   * @default none
   */
  mismatchHint?: string | (() => string | undefined) | undefined
  /** Receives a warning when calls wait long for a stream, or when unfinished responses are garbage-collected. @default none */
  logger?: Logger | undefined
}

/**
 * Returns the methods of a service as typed calls over a connection. Sends nothing before the first call.
 *
 * @throws AsterError if `maxMessageBytes` is not a whole number from 1 to 16,777,216
 */
export function createClient<S extends Callable>(service: S, options: ClientOptions): Client<S> {
  const opener = streamOpener(toSource(options), toFormat(options))
  return bindMethods(definitionOf(service), options, opener) as Client<S>
}

/**
 * Returns the format that the options of a client describe.
 *
 * @throws AsterError if `maxMessageBytes` is not a whole number from 1 to 16,777,216
 */
export function toFormat({
  codec,
  compression,
  compressAbove,
  maxMessageBytes,
  statusCodec,
  mismatchHint,
}: ClientOptions): CallFormat {
  expectMessageBytes('maxMessageBytes', maxMessageBytes)
  return { codec, compression, compressAbove, maxMessageBytes, statusCodec, mismatchHint }
}

/** Returns the settings for streams that the options of a client describe. */
export function toSource({ connection, logger }: ClientOptions): StreamSource {
  const connections: ConnectionSource = typeof connection === 'function' ? connection : () => connection
  return { connections, logger: guardLogger(logger) }
}

/** Returns an object with a function for each method of a service, by the name of the method, which calls that method. */
export function bindMethods(service: ServiceDefinition, options: ClientOptions, opener: WireOpener): object {
  const bind = methodBinder(service, options, opener)
  return Object.fromEntries(Object.values(service.methods).map((method) => [method.name, bind(method)]))
}

/** Returns a function that turns a method of a service into a function that calls the method. */
export function methodBinder(
  service: ServiceDefinition,
  options: ClientOptions,
  opener: WireOpener,
): <K extends MethodKind>(method: MethodDefinition<K>) => CallShapes<unknown, unknown>[K] {
  const { interceptors = [], timeoutMs } = options
  const logger = guardLogger(options.logger)
  const send = composeInterceptors(interceptors, transmitter(opener))
  const isIntercepted = interceptors.length > 0
  const { peerId } = opener
  return (method) => shapes[method.kind]({ service, method, peerId, send, isIntercepted, timeoutMs, logger })
}

const respond =
  (plan: CallPlan) =>
  (request: unknown, options?: CallOptions): Promise<unknown> => {
    try {
      return new Call(plan, request, options).response()
    } catch (error) {
      return Promise.reject(callerError(error))
    }
  }

/** For each kind of method, creates the function that calls such a method. */
const shapes: { readonly [K in MethodKind]: (plan: CallPlan) => CallShapes<unknown, unknown>[K] } = {
  unary: respond,
  clientStream: respond,
  serverStream: (plan) => (request, options) => new CallResponses(() => new Call(plan, request, options)),
  bidiStream: (plan) => (options) => {
    const requests = new RequestQueue<unknown>()
    try {
      const call = new Call(plan, requests, options)
      requests.owner = call
      return new BidiChannel(requests, new CallResponses(() => call))
    } catch (error) {
      throw callerError(error)
    }
  },
}
