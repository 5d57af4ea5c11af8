import {
  type CallOptions,
  type Codec,
  composeInterceptors,
  type Compression,
  type Connection,
  definitionOf,
  type Interceptor,
  type MethodDefinition,
  type MethodKind,
  type ServiceDefinition,
} from '@aster/rpc-core'
import { BidiChannel } from './bidi-channel.ts'
import type { ConnectionSource } from './connection-source.ts'
import type { CallFormat, OpenExchange } from './exchange.ts'
import { Invocation } from './invocation.ts'
import { transmit } from './patterns.ts'
import { RequestQueue } from './request-queue.ts'
import { lazyStream } from './response-stream.ts'
import { streamPerCall } from './stream-exchange.ts'
import type { CallShapes, Callable, Client } from './types.ts'

export interface ClientOptions {
  /** The connection to call over, or where to get it: a source is asked for every call. */
  connection: Connection | ConnectionSource
  codec: Codec
  /** @default messages go uncompressed, and a compressed response is an error */
  compression?: Compression | undefined
  /** The first is the outermost. @default none */
  interceptors?: readonly Interceptor[] | undefined
  /** Milliseconds for every call; a smaller one of the method or the call wins. @default none */
  timeoutMs?: number | undefined
  /** Reads error trailers that are not in `codec`'s format: Python answers errors of JSON calls in Fory. @default `codec` */
  statusCodec?: Codec | undefined
  /** A sentence that is added to errors of messages that one side cannot read: what may be the reason. @default none */
  mismatchHint?: string | undefined
}

/** A service's methods as typed calls over a connection. Nothing is sent before the first call. */
export function createClient<S extends Callable>(service: S, options: ClientOptions): Client<S> {
  const format = formatOf(options)
  return callsOf(service, options, streamPerCall(sourceOf(options), format), format)
}

export function formatOf({ codec, compression, statusCodec, mismatchHint }: ClientOptions): CallFormat {
  return { codec, compression, statusCodec, mismatchHint }
}

export function sourceOf({ connection }: ClientOptions): ConnectionSource {
  return typeof connection === 'function' ? connection : () => connection
}

/** The calls of a service, whatever they run over. */
export function callsOf<S extends Callable>(
  service: S,
  options: ClientOptions,
  open: OpenExchange,
  format: CallFormat,
): Client<S> {
  const definition = definitionOf(service)
  const callTo = callMaker(definition, options, open, format)
  return Object.fromEntries(Object.values(definition.methods).map((one) => [one.name, callTo(one)])) as Client<S>
}

/** Makes the function that a caller sees out of a method of the service. */
export function callMaker(
  service: ServiceDefinition,
  options: ClientOptions,
  open: OpenExchange,
  format: CallFormat,
): <K extends MethodKind>(method: MethodDefinition<K>) => CallShapes<unknown, unknown>[K] {
  const { interceptors = [], timeoutMs } = options
  const send = composeInterceptors(interceptors, (call) => transmit(open, format, call))
  const start = (method: MethodDefinition) => (request: unknown, callOptions?: CallOptions) =>
    new Invocation(service, method, send, interceptors.length > 0, timeoutMs, request, callOptions)
  return (method) => shapes[method.kind](start(method))
}

type Start = (request: unknown, options?: CallOptions) => Invocation

const run =
  (start: Start) =>
  (request: unknown, options?: CallOptions): Promise<unknown> => {
    try {
      return start(request, options).run()
    } catch (error) {
      return Promise.reject(error as Error)
    }
  }

/** What a call of each kind looks like. */
const shapes: { readonly [K in MethodKind]: (start: Start) => CallShapes<unknown, unknown>[K] } = {
  unary: run,
  clientStream: run,
  serverStream: (start) => (request, options) => lazyStream(() => start(request, options).stream()),
  bidiStream: (start) => (options) => {
    const requests = new RequestQueue<unknown>()
    const invocation = start(requests, options)
    return new BidiChannel(requests, invocation.stream(), (error) => invocation.abort(error))
  },
}
