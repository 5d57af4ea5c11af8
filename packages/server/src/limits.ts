import { callLimits, type ServerLimits } from '@aster/interceptors'
import { AsterError, implementationOf, type Interceptor, type ServiceLike } from '@aster/rpc-core'

/**
 * Returns an interceptor that enforces the limits.
 *
 * @throws AsterError with the path of the option if a number is out of range, or a service or method is not served
 */
export function createLimits(limits: ServerLimits, services: readonly ServiceLike[]): Interceptor {
  const interceptor = callLimits(limits)
  const methods = new Map<string, string[]>()
  for (const service of services) {
    const { definition } = implementationOf(service)
    // All versions of a service share its limits.
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
