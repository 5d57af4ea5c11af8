// Services with access rules, and consumers with and without the roles.
import {
  defineService,
  implement,
  type MethodKind,
  type Requirement,
  type ServiceLike,
  StatusCode,
} from '@aster/rpc-core'
import type { ServeOptions } from '@aster/rpc-server'
import { expect } from 'vitest'
import { type Answer, type Handler, InSession, kinds, Pair, type Scope, Shared } from './patterns.ts'

/** Rules of a service and its methods. */
export interface Rules {
  readonly service?: string | Requirement | undefined
  /** The rule of every method, or of some methods. */
  readonly methods?: string | Requirement | Partial<Record<MethodKind, string | Requirement>> | undefined
}

/** The instances that were made, and the handlers that were called. */
export const reached: string[] = []
const pairs: Pair[] = []

/** Closes the pairs, and clears the record. */
export async function closePairs(): Promise<void> {
  for (const pair of pairs.splice(0)) await pair.close()
  reached.length = 0
}

export const handler: Handler = (_request, { service, method }) => {
  reached.push(`${service}.${method}`)
  const response = { text: 'done' }
  return method === 'server_stream' || method === 'bidi_stream' ? [response] : response
}

const ruleOf = (rule: Rules['service']): object => (rule === undefined ? {} : { requires: rule })

function isRule(value: NonNullable<Rules['methods']>): value is string | Requirement {
  return typeof value === 'string' || 'roles' in value
}

/** Returns both services of the patterns, with rules. */
export function guarded({ service, methods = {} }: Rules): readonly ServiceLike[] {
  const withRules = (definition: typeof Shared): typeof Shared => {
    const specs = Object.values(definition.methods).map(({ name, kind, request, response }) => {
      const rule = isRule(methods) ? methods : methods[kind]
      return [name, { kind, request, response, options: ruleOf(rule) }]
    })
    const { name, scope } = definition
    return defineService({ name, scope, ...ruleOf(service), methods: Object.fromEntries(specs) as never })
  }
  const handlers = Object.fromEntries(kinds.map((kind) => [kind, handler])) as never
  const open = (): never => {
    reached.push('an instance')
    return handlers
  }
  return [implement(withRules(Shared), handlers), implement(withRules(InSession as never), open)]
}

export function pairOf(services: readonly ServiceLike[], roles?: string, options: Partial<ServeOptions> = {}): Pair {
  const attributes = roles === undefined ? {} : { 'aster.role': roles }
  const pair = new Pair(handler, { services, peer: { id: 'consumer', attributes }, ...options })
  pairs.push(pair)
  return pair
}

const serviceName = (scope: Scope): string => (scope === 'shared' ? 'Shared' : 'InSession')
export const methodName = (kind: MethodKind, scope: Scope): string =>
  `${serviceName(scope)}.${Shared.methods[kind as 'unary'].wireName}`

const refusedBy = (subject: string): object => ({
  responses: [],
  status: {
    code: StatusCode.PERMISSION_DENIED,
    message: `capability check failed for ${subject}`,
    detailKeys: [],
    detailValues: [],
  },
})
export const refusedByService = (scope: Scope): object => refusedBy(`service '${serviceName(scope)}'`)
export const refusedByMethod = (kind: MethodKind, scope: Scope): object =>
  refusedBy(`method '${methodName(kind, scope)}'`)

/** The outcome of a call that reaches its handler. */
export function expectAnswered({ responses, status }: Answer): void {
  expect([responses, status?.code ?? StatusCode.OK]).toEqual([[{ text: 'done', count: 0 }], StatusCode.OK])
}
