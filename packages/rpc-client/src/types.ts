import type {
  CallOptions,
  HandlerContext,
  Infer,
  Init,
  MethodDefinition,
  ServiceClass,
  ServiceDefinition,
  Streamable,
} from '@aster/rpc-core'
import type { BidiChannel } from './bidi-channel.ts'
import type { ResponseStream } from './response-stream.ts'

/** The functions that call a method, by the kind of the method. */
export interface CallShapes<Req, Res> {
  unary: (request: Req, options?: CallOptions) => Promise<Res>
  /** The call starts with the first `next()`. */
  serverStream: (request: Req, options?: CallOptions) => ResponseStream<Res>
  clientStream: (requests: Streamable<Req>, options?: CallOptions) => Promise<Res>
  bidiStream: (options?: CallOptions) => BidiChannel<Req, Res>
}

type MethodCall<D extends MethodDefinition> = CallShapes<Init<D['request']>, Infer<D['response']>>[D['kind']]

type Loose<T> = T extends object ? { readonly [K in keyof T]?: T[K] | undefined } : T

/** The function that calls a method of a `@service` class. */
type ClassCall<F> = F extends (request: infer A, context: HandlerContext) => infer R
  ? A extends AsyncIterable<infer Req>
    ? R extends AsyncIterable<infer Res> | Iterable<infer Res>
      ? CallShapes<Loose<Req>, Res>['bidiStream']
      : CallShapes<Loose<Req>, Awaited<R>>['clientStream']
    : R extends AsyncIterable<infer Res> | Iterable<infer Res>
      ? CallShapes<Loose<A>, Res>['serverStream']
      : CallShapes<Loose<A>, Awaited<R>>['unary']
  : never

type MethodNames<T> = {
  // oxlint-disable-next-line typescript/no-explicit-any -- any function member; its shape is inferred in ClassCall
  [K in keyof T]: K extends string ? (T[K] extends (...args: any[]) => unknown ? K : never) : never
}[keyof T]

/** A service that can be called: a definition, or a class with `@service`. */
export type Callable = ServiceDefinition | ServiceClass

/** The methods of a service as typed calls, by name. */
export type Client<S extends Callable> = S extends { readonly methods: infer M }
  ? { readonly [K in keyof M]: M[K] extends MethodDefinition ? MethodCall<M[K]> : never }
  : S extends ServiceClass<infer T>
    ? { readonly [K in MethodNames<T>]: ClassCall<T[K]> }
    : never
