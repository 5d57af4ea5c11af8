import { AsterError } from '../aster-error.ts'
import { snakeCase } from '../schema/naming.ts'
import { describe } from '../values/describe.ts'
import { expectMessageBytes } from '../values/expect.ts'
import type { Type } from '../schema/type.ts'
import type { MethodKind, MethodSpec } from './method.ts'
import { checkOptions } from './options.ts'
import { type Requirement, toRequirement } from './requirement.ts'

/** `shared`: one stream per call. `session`: one instance per stream, calls one after another. */
export type ServiceScope = 'shared' | 'session'

export type MethodSpecs = Readonly<Record<string, MethodSpec>>

/** A method of a service, all names and defaults settled. */
export interface MethodDefinition<K extends MethodKind = MethodKind, Req extends Type = Type, Res extends Type = Type> {
  /** The TypeScript name. */
  readonly name: string
  readonly wireName: string
  readonly kind: K
  readonly request: Req
  readonly response: Res
  readonly idempotent: boolean
  readonly timeoutMs: number | undefined
  /** The largest message that is read, in bytes after decompression. Absent if there is no such limit. */
  readonly maxMessageBytes?: number
  /** The roles that a caller has to have, beside those that the service requires. Absent if there is no such rule. */
  readonly requires?: Requirement
  /** What the method does, for people. */
  readonly doc?: string
}

export interface ServiceDefinition<M extends MethodSpecs = MethodSpecs> {
  readonly name: string
  readonly version: number
  readonly scope: ServiceScope
  /** The largest message of any method that is read, in bytes after decompression. Absent if there is no such limit. */
  readonly maxMessageBytes?: number
  /** The roles that a caller of any method has to have. Absent if there is no such rule. */
  readonly requires?: Requirement
  /** What the service is for, for people. */
  readonly doc?: string
  readonly methods: { readonly [K in keyof M]: MethodDefinition<M[K]['kind'], M[K]['request'], M[K]['response']> }
}

export interface ServiceOptions {
  /** The service's name on the wire. */
  name: string
  /** A positive integer. @default 1 */
  version?: number
  /** @default 'shared' */
  scope?: ServiceScope
  /**
   * The largest message of any method that is read, in bytes after decompression, 1 to 16,777,216; a smaller one of the
   * method, the server or the client wins. No part of the contract id. @default 16,777,216
   */
  maxMessageBytes?: number
  /**
   * The roles that a caller of any method has to have: one role, `anyOf(…)` or `allOf(…)`. A server refuses other callers
   * with `PERMISSION_DENIED`. No part of the contract id.
   *
   * @default every caller that is admitted
   */
  requires?: string | Requirement
  /** What the service is for, for people: a description of the service has it. No part of the contract id. @default none */
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

/** Describes a service for both sides. Nothing is generated, and nothing runs. */
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
        `service ${name}: 'then' would make every client a promise: choose another name, and give wireName: 'then'`,
      )
    // Of a method of another service, say, TypeScript does not complain everywhere.
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

/** An option that is there without a value is malformed, rather than no rule: a rule that is lost would admit everybody. */
function readRule(owner: string, options: { readonly requires?: unknown }): { requires?: Requirement } {
  return 'requires' in options ? { requires: toRequirement(owner, options.requires) } : {}
}
