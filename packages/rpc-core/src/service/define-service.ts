import { AsterError } from '../aster-error.ts'
import { snakeCase } from '../schema/naming.ts'
import { describe } from '../values/describe.ts'
import { expectMessageBytes } from '../values/expect.ts'
import type { Type } from '../schema/type.ts'
import type { MethodKind, MethodSpec } from './method.ts'
import { checkOptions } from './options.ts'
import { type Requirement, toRequirement } from './requirement.ts'

/** `shared`: one stream per call. `session`: one instance per stream, with calls one after another. */
export type ServiceScope = 'shared' | 'session'

/** The methods of a service by their TypeScript names. */
export type MethodSpecs = Readonly<Record<string, MethodSpec>>

/** A method of a service, with all names and defaults resolved. */
export interface MethodDefinition<K extends MethodKind = MethodKind, Req extends Type = Type, Res extends Type = Type> {
  /** The TypeScript name. */
  readonly name: string
  /** The name on the wire. */
  readonly wireName: string
  /** The kind of method. */
  readonly kind: K
  /** The type of its requests. */
  readonly request: Req
  /** The type of its responses. */
  readonly response: Res
  /** Whether the method may run twice without harm. */
  readonly idempotent: boolean
  /** Milliseconds after which a call fails with `DEADLINE_EXCEEDED`; `undefined` if there is no limit. */
  readonly timeoutMs: number | undefined
  /** The largest message that a side reads, in bytes after decompression. Absent if there is no limit. */
  readonly maxMessageBytes?: number
  /** The roles that a caller must have, in addition to those that the service requires. Absent if there is no rule. */
  readonly requires?: Requirement
  /** A description of the method for people, if the definition has one. */
  readonly doc?: string
}

/** A service: its name and its methods. Both sides share it. */
export interface ServiceDefinition<M extends MethodSpecs = MethodSpecs> {
  /** The name on the wire. */
  readonly name: string
  /** The version, a positive integer. */
  readonly version: number
  /** Whether calls share one instance, or each session has its own. */
  readonly scope: ServiceScope
  /** The largest message that a side reads in any method, in bytes after decompression. Absent if there is no limit. */
  readonly maxMessageBytes?: number
  /** The roles that a caller of any method must have. Absent if there is no rule. */
  readonly requires?: Requirement
  /** A description of the service for people, if the definition has one. */
  readonly doc?: string
  /** The methods by their TypeScript names. */
  readonly methods: { readonly [K in keyof M]: MethodDefinition<M[K]['kind'], M[K]['request'], M[K]['response']> }
}

/** Options of `defineService` and `@service`. */
export interface ServiceOptions {
  /** The service's name on the wire. */
  name: string
  /** The version, a positive integer. @default 1 */
  version?: number
  /** Whether calls share one instance, or each session has its own. @default 'shared' */
  scope?: ServiceScope
  /**
   * The largest message that a side reads in any method, in bytes after decompression, 1 to 16,777,216. A smaller limit of the
   * method, the server or the client takes precedence. It is not part of the contract id.
   *
   * @default 16,777,216
   */
  maxMessageBytes?: number
  /**
   * The roles that a caller of any method must have: one role, `anyOf(…)` or `allOf(…)`. A server rejects any other caller
   * with `PERMISSION_DENIED`. It is not part of the contract id.
   *
   * @default every admitted caller
   */
  requires?: string | Requirement
  /**
   * A description of the service for people, which becomes part of the service's description. It is no part of the contract
   * id.
   *
   * @default no description
   */
  doc?: string
}

const SERVICE_OPTIONS = [
  'name',
  'version',
  'scope',
  'maxMessageBytes',
  'requires',
  'doc',
  'methods',
] as const satisfies (keyof ServiceOptions | 'methods')[]

/**
 * Defines a service for both sides. No code is generated.
 *
 * @throws AsterError if a name, a method or an option is malformed, or if two methods have the same wire name
 */
export function defineService<const M extends MethodSpecs>(
  options: ServiceOptions & { methods: M },
): ServiceDefinition<M> {
  const { name, version = 1, scope = 'shared' } = options
  if (typeof name !== 'string' || name === '') throw new AsterError('defineService: expected a name')
  checkOptions(`service ${name}`, options, SERVICE_OPTIONS)
  if (!Number.isInteger(version) || version < 1)
    throw new AsterError(`service ${name}: expected version as a positive integer, found ${version}`)
  if (scope !== 'shared' && scope !== 'session')
    throw new AsterError(`service ${name}: expected scope 'shared' or 'session', found '${String(scope)}'`)
  if (typeof options.methods !== 'object' || options.methods === null)
    throw new AsterError(`service ${name}: expected methods, an object of unary(…), serverStream(…) and the like`)
  const wireNames = new Map<string, string>()
  const methods = Object.entries(options.methods).map(([key, spec]): [string, MethodDefinition] => {
    if (key === 'then')
      throw new AsterError(
        `service ${name}: 'then' would make every client a promise: choose another name, and set wireName: 'then'`,
      )
    // TypeScript does not report every wrong value, such as a method of another service.
    if (typeof (spec as Partial<MethodSpec> | undefined)?.options !== 'object')
      throw new AsterError(
        `service ${name}: method '${key}': expected unary(…), serverStream(…), clientStream(…) or bidiStream(…)`,
      )
    const wireName = spec.options.wireName ?? snakeCase(key)
    if (wireName === '') throw new AsterError(`service ${name}: method '${key}' has an empty wire name`)
    const other = wireNames.get(wireName)
    if (other !== undefined)
      throw new AsterError(`service ${name}: methods '${other}' and '${key}' have the same wire name '${wireName}'`)
    wireNames.set(wireName, key)
    const { kind, request, response, options: own } = spec
    const rule = {
      ...readLimit(`service ${name}: method '${key}'`, own),
      ...readRule(`service ${name}: method '${key}'`, own),
      ...readDoc(`service ${name}: method '${key}'`, own),
    }
    const { idempotent = false, timeoutMs } = own
    return [key, { name: key, wireName, kind, request, response, idempotent, timeoutMs, ...rule }]
  })
  const rule = {
    ...readLimit(`service ${name}`, options),
    ...readRule(`service ${name}`, options),
    ...readDoc(`service ${name}`, options),
  }
  return { name, version, scope, ...rule, methods: Object.fromEntries(methods) as ServiceDefinition<M>['methods'] }
}

function readLimit(owner: string, { maxMessageBytes }: { maxMessageBytes?: number }): { maxMessageBytes?: number } {
  const bytes = expectMessageBytes(`${owner}: maxMessageBytes`, maxMessageBytes)
  return bytes === undefined ? {} : { maxMessageBytes: bytes }
}

function readDoc(owner: string, { doc }: { readonly doc?: unknown }): { doc?: string } {
  if (doc === undefined) return {}
  if (typeof doc !== 'string') throw new AsterError(`${owner}: expected doc as a string, found ${describe(doc)}`)
  return { doc }
}

/**
 * Returns the rule of an option `requires`. An option that is present without a value is malformed, since treating it as
 * absent would admit every caller.
 */
function readRule(owner: string, options: { readonly requires?: unknown }): { requires?: Requirement } {
  return 'requires' in options ? { requires: toRequirement(owner, options.requires) } : {}
}
