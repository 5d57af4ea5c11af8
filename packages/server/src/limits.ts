import { callLimits, type ServerLimits } from '@aster/interceptors'
import { AsterError, implementationOf, type Interceptor, type ServiceLike } from '@aster/rpc-core'

/**
 * Makes an interceptor of the limits.
 *
 * @throws AsterError for a number out of range, and for a service or method that is not served, with its path
 */
export function createLimits(limits: ServerLimits, services: readonly ServiceLike[]): Interceptor {
  const interceptor = callLimits(limits)
  const methods = new Map<string, string[]>()
  for (const service of services) {
    const { definition } = implementationOf(service)
    // The versions of a service share their limits.
    methods.set(definition.name, [...(methods.get(definition.name) ?? []), ...Object.keys(definition.methods)])
  }
  for (const [name, limitsOfService] of Object.entries(limits.services ?? {})) {
    const known = methods.get(name)
    if (known === undefined) throw notServedError(`limits.services.${name}`, 'a service', [...methods.keys()])
    for (const method of Object.keys(limitsOfService?.methods ?? {})) {
      if (!known.includes(method)) throw notServedError(`limits.services.${name}.methods.${method}`, 'a method', known)
    }
  }
  return interceptor
}

function notServedError(path: string, what: string, known: readonly string[]): AsterError {
  return new AsterError(`${path}: expected ${what} that is served: ${[...new Set(known)].join(', ')}`)
}
