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
 * Calls without a definition: methods by their wire names, messages as plain JSON values with the field names of the wire
 * (`maybe_text`). Integers beyond ±(2^53 − 1) are bigints, both ways. A type parameter is the caller's word. Nothing checks a
 * message here, unless the types of the service are known by its description. Bytes are base64, moments ISO 8601, sets
 * lists, and maps objects either way; a request may have a `Uint8Array`, `Timestamp`, `Set` or `Map` as well if the types are known. A method that the producer does not have is `UNIMPLEMENTED`; an empty name, and a request that is
 * null, `INVALID_ARGUMENT`.
 */
export interface DynamicClient {
  /** A unary call. */
  call<Res = unknown>(method: string, request: unknown, options?: CallOptions): Promise<Res>
  /** The call starts with the first `next()`; leaving the loop cancels it. */
  serverStream<Res = unknown>(method: string, request: unknown, options?: CallOptions): ResponseStream<Res>
  /** Short for `serverStream`. */
  stream<Res = unknown>(method: string, request: unknown, options?: CallOptions): ResponseStream<Res>
  clientStream<Res = unknown>(method: string, requests: Streamable<unknown>, options?: CallOptions): Promise<Res>
  bidiStream<Res = unknown>(method: string, options?: CallOptions): BidiChannel<unknown, Res>
}

/** The calls of one session, without a definition. They run one after another, in the order in which they were made. */
export interface DynamicSession extends DynamicClient, AsyncDisposable {
  /** Ends the session, and calls that still run with `UNAVAILABLE`. Safe to call again. */
  close(): Promise<void>
}

/** Which service is called. */
export interface DynamicService {
  name: string
  version: number
  /**
   * Its methods, if they are known, whose names are those of the wire; the codec then takes plain values for their types.
   * @default any method of any type
   */
  definition?: ServiceDefinition | undefined
}

/** Calls of a shared service over a connection, without a definition. Without a definition the codec must take any value: JSON does. */
export function createDynamicClient(service: DynamicService, options: ClientOptions): DynamicClient {
  const definition = service.definition ?? undefinedService(service, 'shared')
  const opener = streamOpener(toSource(options), toFormat(options))
  return dynamicCalls(definition, methodBinder(definition, options, opener), service.definition)
}

/** Opens a session without a definition. Fails as `openSession` does. */
export async function openDynamicSession(service: DynamicService, options: SessionOptions): Promise<DynamicSession> {
  const definition = service.definition ?? undefinedService(service, 'session')
  const link = await openLink(definition, options)
  const calls = dynamicCalls(definition, methodBinder(definition, options, sessionOpener(link)), service.definition)
  const close = (): Promise<void> => link.close()
  return { ...calls, close, [Symbol.asyncDispose]: close }
}

interface UndefinedService extends ServiceDefinition {
  /** A unary method of a session, once one was called: a session needs to know of one that exists. */
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
        `service '${service.name}': expected the wire name of a method as a text, found ${wireName === '' ? 'an empty one' : describe(wireName)}`,
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
  // Of those that are known there are a few, and to find one costs more than to call it.
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
      // The stack of an error names the caller only if each promise on the way is awaited.
      (await unary(name)(message(name, request), options)) as Res,
    serverStream,
    stream: serverStream,
    clientStream: async <Res>(name: string, requests: Streamable<unknown>, options?: CallOptions) =>
      (await bind(method('clientStream', name))(requests, options)) as Res,
    bidiStream: <Res>(name: string, options?: CallOptions) =>
      bind(method('bidiStream', name))(options) as BidiChannel<unknown, Res>,
  }
}

/** The function of a client that calls a method of a kind. */
const FUNCTIONS: Readonly<Record<MethodKind, string>> = {
  unary: 'call',
  serverStream: 'serverStream',
  clientStream: 'clientStream',
  bidiStream: 'bidiStream',
}

/** @throws RpcError `UNIMPLEMENTED` for a method that the service does not have, `INVALID_ARGUMENT` for one of another kind */
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
