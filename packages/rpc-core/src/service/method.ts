import { AsterError } from '../aster-error.ts'
import { describe } from '../values/describe.ts'
import { expectMessageBytes } from '../values/expect.ts'
import { assertNoDefault } from '../schema/default.ts'
import type { Infer, Init, Type } from '../schema/type.ts'
import type { HandlerContext } from './handler.ts'
import { assertContext } from './decorator-context.ts'
import { checkOptions } from './options.ts'
import { type Requirement, toRequirement } from './requirement.ts'

export type MethodKind = 'unary' | 'serverStream' | 'clientStream' | 'bidiStream'

export interface MethodOptions {
  /** The method's name on the wire. @default the snake_case of its TypeScript name */
  wireName?: string
  /** May be sent twice without harm: what a retry looks at. @default false */
  idempotent?: boolean
  /** Milliseconds after which a call fails with `DEADLINE_EXCEEDED`; a smaller one of the call wins. @default none */
  timeoutMs?: number
  /**
   * The largest message that is read, a request by a server and a response by a client, in bytes after decompression, 1 to
   * 16,777,216; a smaller one of the service, the server or the client wins. A larger one fails with `RESOURCE_EXHAUSTED`.
   * @default 16,777,216
   */
  maxMessageBytes?: number
  /**
   * The roles that a caller has to have, beside those that the service requires: one role, `anyOf(…)` or `allOf(…)`. A server
   * refuses other callers with `PERMISSION_DENIED`, before it decodes a request and before its interceptors.
   *
   * @default every caller that is admitted
   */
  requires?: string | Requirement
  /** What the method does, for people: a description of the service has it. No part of the contract id. @default none */
  doc?: string
}

const METHOD_OPTIONS = [
  'wireName',
  'idempotent',
  'timeoutMs',
  'maxMessageBytes',
  'requires',
  'doc',
] as const satisfies (keyof MethodOptions)[]

/** What `unary(A, B)` and its siblings make: a line of `defineService`, or a decorator for a method of a class. */
export interface MethodSpec<K extends MethodKind = MethodKind, Req extends Type = Type, Res extends Type = Type> {
  readonly kind: K
  readonly request: Req
  readonly response: Res
  readonly options: MethodOptions
}

/** What a handler may return for a stream. */
export type Streamable<T> = AsyncIterable<T> | Iterable<T>

/** A handler's shape for each kind of method. */
export interface HandlerShapes<Req, Res> {
  unary: (request: Req, context: HandlerContext) => Res | Promise<Res>
  serverStream: (request: Req, context: HandlerContext) => Streamable<Res>
  clientStream: (requests: AsyncIterable<Req>, context: HandlerContext) => Res | Promise<Res>
  bidiStream: (requests: AsyncIterable<Req>, context: HandlerContext) => Streamable<Res>
}

/** The handler of a method. */
export type HandlerOf<S extends MethodSpec> = HandlerShapes<Infer<S['request']>, Init<S['response']>>[S['kind']]

/** A method spec that is a standard decorator as well. */
export type MethodDecorator<K extends MethodKind, Req extends Type, Res extends Type> = MethodSpec<K, Req, Res> &
  ((method: HandlerShapes<Infer<Req>, Init<Res>>[K], context: ClassMethodDecoratorContext) => void)

const specKey = Symbol.for('aster.method')

function maker<K extends MethodKind>(kind: K) {
  return <Req extends Type, Res extends Type>(
    request: Req,
    response: Res,
    options: MethodOptions = {},
  ): MethodDecorator<K, Req, Res> => {
    expectType(kind, 'request', request)
    expectType(kind, 'response', response)
    checkOptions(kind, options, METHOD_OPTIONS)
    const { timeoutMs } = options
    if (timeoutMs !== undefined && !(timeoutMs > 0)) {
      throw new AsterError(`${kind}: expected timeoutMs above 0, found ${timeoutMs}`)
    }
    expectMessageBytes(`${kind}: maxMessageBytes`, options.maxMessageBytes)
    // A copy: a rule that was checked must not change afterwards.
    const own = 'requires' in options ? { ...options, requires: toRequirement(kind, options.requires) } : { ...options }
    const spec: MethodSpec<K, Req, Res> = { kind, request, response, options: own }
    const decorate = (method: object, context: ClassMethodDecoratorContext): void => {
      assertContext(kind, context)
      if (context.static || context.private || typeof context.name !== 'string') {
        throw new AsterError(`@${kind}: expected a public method with a name, found ${String(context.name)}`)
      }
      Object.defineProperty(method, specKey, { value: spec })
    }
    return Object.assign(decorate, spec)
  }
}

/** `undefined` is what modules that import each other in a circle give. */
function expectType(kind: MethodKind, role: string, type: unknown): void {
  if (typeof (type as Partial<Type> | null | undefined)?.kind === 'string') {
    assertNoDefault(type as Type, `${kind}, the ${role}`)
    return
  }
  throw new AsterError(`${kind}: expected a type such as t.struct(…) for the ${role}, found ${describe(type)}`)
}

/** One request, one response. Also the decorator `@rpc(A, B)`. */
export const unary = maker('unary')
/** One request, any number of responses. */
export const serverStream = maker('serverStream')
/** Any number of requests, one response. */
export const clientStream = maker('clientStream')
/** Requests and responses in any number and order. */
export const bidiStream = maker('bidiStream')

/** Returns the spec that a decorator left on a method, if any. */
export function readMethodSpec(method: unknown): MethodSpec | undefined {
  return typeof method === 'function' && specKey in method ? (method[specKey] as MethodSpec) : undefined
}
