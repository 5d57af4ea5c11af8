import {
  type CallOptions,
  type MethodDefinition,
  type MethodKind,
  RpcError,
  type ServiceDefinition,
  StatusCode,
  type Streamable,
  t,
} from '@aster/rpc-core'
import { describe, nearest, printable } from '@aster/rpc-core/schema'
import type { BidiChannel } from './bidi-channel.ts'
import { callerError } from './call-errors.ts'
import { type ClientOptions, methodBinder, toFormat, toSource } from './client.ts'
import type { ResponseStream } from './response-stream.ts'
import { openLink, type SessionOptions } from './session/open-session.ts'
import { sessionOpener } from './session/session-wire.ts'
import { streamOpener } from './stream-wire.ts'

/**
 * Calls without a compiled definition. Methods go by their wire names, and messages are plain JSON values with the field names of
 * the wire (`maybe_text`). Integers beyond ±(2^53 − 1) are bigints. Bytes are base64 strings, timestamps ISO 8601 strings, sets
 * arrays, and maps objects.
 *
 * If the types of the service are known from its description, messages are checked, and a request may also hold a `Uint8Array`,
 * `Timestamp`, `Set` or `Map`. Otherwise messages are not checked. Type parameters are never checked.
 *
 * A call fails with `UNIMPLEMENTED` if the producer does not have the method, and with `INVALID_ARGUMENT` if the name is empty or
 * the request is null.
 */
export interface DynamicClient {
  /** Calls a unary method. Returns the response. */
  call<Res = unknown>(method: string, request: unknown, options?: CallOptions): Promise<Res>
  /** Returns the responses of a server stream. The call starts with the first `next()`, and leaving the loop cancels it. */
  serverStream<Res = unknown>(method: string, request: unknown, options?: CallOptions): ResponseStream<Res>
  /** Does the same as `serverStream`. */
  stream<Res = unknown>(method: string, request: unknown, options?: CallOptions): ResponseStream<Res>
  /** Sends the requests of a client stream. Returns the response. */
  clientStream<Res = unknown>(method: string, requests: Streamable<unknown>, options?: CallOptions): Promise<Res>
  /** Starts a bidirectional call. */
  bidiStream<Res = unknown>(method: string, options?: CallOptions): BidiChannel<unknown, Res>
}

/** The calls of one session, without a definition. The calls run one after another, in the order in which they were made. */
export interface DynamicSession extends DynamicClient, AsyncDisposable {
  /** Ends the session. Calls that still run fail with `UNAVAILABLE`. A second call does nothing. */
  close(): Promise<void>
}

/** The service that a dynamic client calls. */
export interface DynamicService {
  /** The name of the service. */
  name: string
  /** The version of the service. */
  version: number
  /**
   * The methods of the service under their wire names, if they are known. The codec has to take plain values for their types.
   *
   * @default any method of any type can be called
   */
  definition?: ServiceDefinition | undefined
}

/**
 * Returns calls of a shared service over a connection. If `service` has no definition, the codec must accept any value, as JSON
 * does.
 */
export function createDynamicClient(service: DynamicService, options: ClientOptions): DynamicClient {
  const definition = service.definition ?? undefinedService(service, 'shared')
  const opener = streamOpener(toSource(options), toFormat(options))
  return dynamicCalls(definition, methodBinder(definition, options, opener), service.definition)
}

/**
 * Opens a session of a service without a compiled definition.
 *
 * @throws RpcError `UNAVAILABLE` if there is no connection
 */
export async function openDynamicSession(service: DynamicService, options: SessionOptions): Promise<DynamicSession> {
  const definition = service.definition ?? undefinedService(service, 'session')
  const link = await openLink(definition, options)
  const calls = dynamicCalls(definition, methodBinder(definition, options, sessionOpener(link)), service.definition)
  const close = (): Promise<void> => link.close()
  return { ...calls, close, [Symbol.asyncDispose]: close }
}

interface UndefinedService extends ServiceDefinition {
  /** Holds a unary method once the session has called one, which it needs to find the end of a cancelled bidi call. */
  readonly methods: Record<string, MethodDefinition>
}

function undefinedService({ name, version }: DynamicService, scope: 'shared' | 'session'): UndefinedService {
  return { name, version, scope, methods: {} }
}

function dynamicCalls(
  service: UndefinedService | ServiceDefinition,
  bind: ReturnType<typeof methodBinder>,
  known?: ServiceDefinition,
): DynamicClient {
  const method = <K extends MethodKind>(kind: K, wireName: string): MethodDefinition<K> => {
    if (typeof wireName !== 'string' || wireName === '') {
      throw invalidError(
        `service '${service.name}': expected the wire name of a method as a string, found ${wireName === '' ? 'an empty one' : describe(wireName)}`,
      )
    }
    if (known !== undefined) return findMethod(known, kind, wireName)
    const any = { request: t.any, response: t.any, idempotent: false, timeoutMs: undefined }
    const found: MethodDefinition<K> = { name: wireName, wireName, kind, ...any }
    if (service.scope === 'session' && kind === 'unary') (service as UndefinedService).methods['unary'] = found
    return found
  }
  const message = (wireName: string, request: unknown): unknown => {
    if (request !== undefined && request !== null) return request
    throw invalidError(`${service.name}.${wireName}: expected a request, found ${describe(request)}`)
  }
  // Known methods are few, and the search for a method costs more than its call.
  const unaries = new Map<string, (request: unknown, options?: CallOptions) => Promise<unknown>>()
  const unary = (name: string): ((request: unknown, options?: CallOptions) => Promise<unknown>) => {
    let bound = unaries.get(name)
    if (bound === undefined) {
      bound = bind(method('unary', name))
      if (known !== undefined) unaries.set(name, bound)
    }
    return bound
  }
  const serverStream = <Res>(name: string, request: unknown, options?: CallOptions): ResponseStream<Res> =>
    bind(method('serverStream', name))(message(name, request), options) as ResponseStream<Res>
  return {
    call: async <Res>(name: string, request: unknown, options?: CallOptions) =>
      // Awaited, or the stack of an error would not contain the caller's line.
      (await unary(name)(message(name, request), options)) as Res,
    serverStream,
    stream: serverStream,
    clientStream: async <Res>(name: string, requests: Streamable<unknown>, options?: CallOptions) =>
      (await bind(method('clientStream', name))(requests, options)) as Res,
    bidiStream: <Res>(name: string, options?: CallOptions) =>
      bind(method('bidiStream', name))(options) as BidiChannel<unknown, Res>,
  }
}

/** Kind of a method → name of the function of a dynamic client that calls such a method. */
const FUNCTIONS: Readonly<Record<MethodKind, string>> = {
  unary: 'call',
  serverStream: 'serverStream',
  clientStream: 'clientStream',
  bidiStream: 'bidiStream',
}

/**
 * Returns the method with a wire name.
 *
 * @throws RpcError `UNIMPLEMENTED` if the service does not have the method, `INVALID_ARGUMENT` if the method is of another kind
 */
function findMethod<K extends MethodKind>(
  { name: service, methods }: ServiceDefinition,
  kind: K,
  wireName: string,
): MethodDefinition<K> {
  const all = Object.values(methods)
  const found = all.find((method) => method.wireName === wireName)
  if (found?.kind === kind) return found as MethodDefinition<K>
  const label = `${printable(service)}.${printable(wireName)}`
  if (found !== undefined) throw invalidError(`${label} is a ${found.kind} method: use ${FUNCTIONS[found.kind]}()`)
  const meant = nearest(
    wireName,
    all.map((method) => method.wireName),
  )
  const hint = meant === undefined ? '' : `; did you mean '${printable(meant)}'?`
  throw callerError(
    new RpcError(
      StatusCode.UNIMPLEMENTED,
      `service '${printable(service)}' has no method '${printable(wireName)}'${hint}`,
    ),
  )
}

function invalidError(message: string): RpcError {
  return callerError(new RpcError(StatusCode.INVALID_ARGUMENT, message))
}
