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

export interface ClientOptions {
  /** The connection to call over, or where to get it: a source is asked for every call. */
  connection: Connection | ConnectionSource
  codec: Codec
  /** @default messages go uncompressed, and a compressed response is an error */
  compression?: Compression | undefined
  /**
   * Bytes of a request above which it is compressed, 0 or more: what the transport of the connection says.
   * @default 4,096
   */
  compressAbove?: number | undefined
  /** The first is the outermost. @default none */
  interceptors?: readonly Interceptor[] | undefined
  /** Milliseconds for every call; a smaller one of the method or the call wins. @default none */
  timeoutMs?: number | undefined
  /**
   * The largest response that is read, in bytes after decompression, 1 to 16,777,216; a smaller one of the service or the method
   * wins. A call with a larger one fails with `RESOURCE_EXHAUSTED`. Requests are bounded by what the server reads.
   * @default 16,777,216
   */
  maxMessageBytes?: number | undefined
  /** Reads error trailers that are not in the format of `codec` (quirk 4 of docs/python-0.1.md). @default `codec` */
  statusCodec?: Codec | undefined
  /**
   * A sentence that is added to errors that may come of definitions that differ: what may be the reason. A function is called
   * for each such error, and returns `undefined` if there is no reason. @default none
   */
  mismatchHint?: string | (() => string | undefined) | undefined
  /** Told of calls that wait long for a stream, and of responses that were forgotten before their end. @default none */
  logger?: Logger | undefined
}

/** Returns the methods of a service as typed calls over a connection. Nothing is sent before the first call. */
export function createClient<S extends Callable>(service: S, options: ClientOptions): Client<S> {
  const opener = streamOpener(toSource(options), toFormat(options))
  return bindMethods(definitionOf(service), options, opener) as Client<S>
}

/** @throws AsterError if `maxMessageBytes` is none */
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

export function toSource({ connection, logger }: ClientOptions): StreamSource {
  const connections: ConnectionSource = typeof connection === 'function' ? connection : () => connection
  return { connections, logger: guardLogger(logger) }
}

/** Returns an object with the function that calls it for each method of a service, by the method's name. */
export function bindMethods(service: ServiceDefinition, options: ClientOptions, opener: WireOpener): object {
  const bind = methodBinder(service, options, opener)
  return Object.fromEntries(Object.values(service.methods).map((method) => [method.name, bind(method)]))
}

/** Returns a function that makes of a method the function that calls it. */
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

/** Makes the function that calls a method, by its kind. */
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
