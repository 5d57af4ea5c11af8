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
import { describe } from '@aster/rpc-core/schema'
import type { BidiChannel } from './bidi-channel.ts'
import { callerError } from './call-errors.ts'
import { type ClientOptions, methodBinder, toFormat, toSource } from './client.ts'
import type { ResponseStream } from './response-stream.ts'
import { openLink, type SessionOptions } from './session/open-session.ts'
import { sessionOpener } from './session/session-wire.ts'
import { streamOpener } from './stream-wire.ts'

/**
 * Calls without a definition: methods by their wire names, messages as plain JSON values with the field names of the wire
 * (`maybe_text`). Integers beyond ±(2^53 − 1) are bigints, both ways. Nothing checks a message here: a type parameter is
 * the caller's word. A method that the producer does not have is `UNIMPLEMENTED`; an empty name, and a request that is
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
}

/** Calls of a shared service over a connection, without a definition. The codec must take any value: JSON does. */
export function createDynamicClient(service: DynamicService, options: ClientOptions): DynamicClient {
  const definition = undefinedService(service, 'shared')
  const opener = streamOpener(toSource(options), toFormat(options))
  return dynamicCalls(definition, methodBinder(definition, options, opener))
}

/** Opens a session without a definition. Fails as `openSession` does. */
export async function openDynamicSession(service: DynamicService, options: SessionOptions): Promise<DynamicSession> {
  const definition = undefinedService(service, 'session')
  const link = await openLink(definition, options)
  const calls = dynamicCalls(definition, methodBinder(definition, options, sessionOpener(link)))
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

function dynamicCalls(service: UndefinedService, bind: ReturnType<typeof methodBinder>): DynamicClient {
  const method = <K extends MethodKind>(kind: K, wireName: string): MethodDefinition<K> => {
    if (typeof wireName !== 'string' || wireName === '') {
      throw invalidError(
        `service '${service.name}': expected the wire name of a method as a text, found ${wireName === '' ? 'an empty one' : describe(wireName)}`,
      )
    }
    const any = { request: t.any, response: t.any, idempotent: false, timeoutMs: undefined }
    const found: MethodDefinition<K> = { name: wireName, wireName, kind, ...any }
    if (service.scope === 'session' && kind === 'unary') service.methods['unary'] = found
    return found
  }
  const message = (wireName: string, request: unknown): unknown => {
    if (request !== undefined && request !== null) return request
    throw invalidError(`${service.name}.${wireName}: expected a request, found ${describe(request)}`)
  }
  const serverStream = <Res>(name: string, request: unknown, options?: CallOptions): ResponseStream<Res> =>
    bind(method('serverStream', name))(message(name, request), options) as ResponseStream<Res>
  return {
    call: async <Res>(name: string, request: unknown, options?: CallOptions) =>
      // The stack of an error names the caller only if each promise on the way is awaited.
      (await bind(method('unary', name))(message(name, request), options)) as Res,
    serverStream,
    stream: serverStream,
    clientStream: async <Res>(name: string, requests: Streamable<unknown>, options?: CallOptions) =>
      (await bind(method('clientStream', name))(requests, options)) as Res,
    bidiStream: <Res>(name: string, options?: CallOptions) =>
      bind(method('bidiStream', name))(options) as BidiChannel<unknown, Res>,
  }
}

function invalidError(message: string): RpcError {
  return callerError(new RpcError(StatusCode.INVALID_ARGUMENT, message))
}
