import { AsterError } from '../aster-error.ts'
import { describe } from '../values/describe.ts'
import { expectMessageBytes } from '../values/expect.ts'
import { assertNoDefault } from '../schema/default.ts'
import type { Infer, Init, Type } from '../schema/type.ts'
import type { HandlerContext } from './handler.ts'
import { assertContext } from './decorator-context.ts'
import { checkOptions } from './options.ts'
import { type Requirement, toRequirement } from './requirement.ts'

/** Which sides of a call stream messages. */
export type MethodKind = 'unary' | 'serverStream' | 'clientStream' | 'bidiStream'

/** Options of a method. */
export interface MethodOptions {
  /**
   * The method's name on the wire.
   *
   * @default the snake_case of its TypeScript name
   */
  wireName?: string
  /**
   * Whether the method may run twice without harm. Retries depend on it.
   *
   * @default false
   */
  idempotent?: boolean
  /**
   * Milliseconds after which a call fails with `DEADLINE_EXCEEDED`. A smaller limit of the call takes precedence.
   *
   * @default no limit
   */
  timeoutMs?: number
  /**
   * The largest message that is read (a request on a server, a response on a client), in bytes after decompression, 1 to
   * 16,777,216. A larger message fails with `RESOURCE_EXHAUSTED`. A smaller limit of the service, the server or the client
   * takes precedence.
   *
   * @default 16,777,216
   */
  maxMessageBytes?: number
  /**
   * The roles that a caller must have, in addition to those that the service requires: one role, `anyOf(…)` or `allOf(…)`.
   * A server rejects any other caller with `PERMISSION_DENIED`, before it runs interceptors and before it decodes a
   * request.
   *
   * @default every admitted caller
   */
  requires?: string | Requirement
  /**
   * A description of the method for people, which becomes part of the service's description. It is no part of the contract
   * id.
   *
   * @default no description
   */
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

/** The result of `unary(A, B)` and its siblings: an entry of `defineService`, or a decorator for a method of a class. */
export interface MethodSpec<K extends MethodKind = MethodKind, Req extends Type = Type, Res extends Type = Type> {
  /** The kind of method. */
  readonly kind: K
  /** The type of its requests. */
  readonly request: Req
  /** The type of its responses. */
  readonly response: Res
  /** Its options. */
  readonly options: MethodOptions
}

/** A stream of messages that a handler returns. */
export type Streamable<T> = AsyncIterable<T> | Iterable<T>

/** The signature of a handler for each kind of method. */
export interface HandlerShapes<Req, Res> {
  unary: (request: Req, context: HandlerContext) => Res | Promise<Res>
  serverStream: (request: Req, context: HandlerContext) => Streamable<Res>
  clientStream: (requests: AsyncIterable<Req>, context: HandlerContext) => Res | Promise<Res>
  bidiStream: (requests: AsyncIterable<Req>, context: HandlerContext) => Streamable<Res>
}

/** The signature of the handler of a method. */
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
    // Copies the options, so that a rule cannot change after it was checked.
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

/** Throws if `type` is not a type. It is `undefined` if modules import each other in a circle. */
function expectType(kind: MethodKind, role: string, type: unknown): void {
  if (typeof (type as Partial<Type> | null | undefined)?.kind === 'string') {
    assertNoDefault(type as Type, `${kind}, the ${role}`)
    return
  }
  throw new AsterError(`${kind}: expected a type such as t.struct(…) for the ${role}, found ${describe(type)}`)
}

/**
 * Defines a method with one request and one response. It is also the decorator `@rpc(A, B)`.
 *
 * @throws AsterError if a type or an option is malformed
 */
export const unary = maker('unary')
/**
 * Defines a method with one request and a stream of responses. It is also a decorator.
 *
 * @throws AsterError if a type or an option is malformed
 */
export const serverStream = maker('serverStream')
/**
 * Defines a method with a stream of requests and one response. It is also a decorator.
 *
 * @throws AsterError if a type or an option is malformed
 */
export const clientStream = maker('clientStream')
/**
 * Defines a method with a stream of requests and a stream of responses, independent of each other. It is also a decorator.
 *
 * @throws AsterError if a type or an option is malformed
 */
export const bidiStream = maker('bidiStream')

/** Returns the spec that a decorator attached to a method; `undefined` if the method has no decorator. */
export function readMethodSpec(method: unknown): MethodSpec | undefined {
  return typeof method === 'function' && specKey in method ? (method[specKey] as MethodSpec) : undefined
}
