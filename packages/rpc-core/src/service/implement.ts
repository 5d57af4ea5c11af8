import { AsterError } from '../aster-error.ts'
import { classDefinition, type ServiceClass } from './decorators.ts'
import type { MethodSpecs, ServiceDefinition } from './define-service.ts'
import type { Peer } from './handler.ts'
import type { HandlerOf } from './method.ts'
import { isThenable } from '../values/guards.ts'

/** A handler for every method of a service. At the end of a session, `[Symbol.asyncDispose]` or `[Symbol.dispose]` runs. */
export type Handlers<M extends MethodSpecs = MethodSpecs> = { readonly [K in keyof M]: HandlerOf<M[K]> }

/** Returns the handlers for one peer: the same object for all calls of a shared service, a new object for each session. */
export type Opener<M extends MethodSpecs = MethodSpecs> = (peer: Peer) => Handlers<M>

/** A service definition together with its handlers. */
export interface ServiceImplementation {
  /** The definition. */
  readonly definition: ServiceDefinition
  /** Returns the object whose members, by their TypeScript names, are the handlers. */
  readonly open: (peer: Peer) => object
}

/**
 * The forms in which a server accepts a service: the result of `implement(…)`, an instance of a `@service` class, or for
 * sessions the class itself.
 */
export type ServiceLike = ServiceImplementation | object

/**
 * Combines a definition with its handlers. A service of scope `session` takes a function that returns the handlers of one
 * session.
 *
 * @throws AsterError if a handler is missing, or if `handlers` does not fit the scope
 */
export function implement<M extends MethodSpecs>(
  definition: ServiceDefinition<M>,
  handlers: Handlers<M> | Opener<M>,
): ServiceImplementation {
  if (typeof handlers === 'function') {
    if (definition.scope === 'session')
      return { definition, open: (peer) => assertHandlers(definition, handlers(peer)) }
    throw new AsterError(`service ${definition.name}: expected an object of handlers, since its scope is 'shared'`)
  }
  if (definition.scope === 'session')
    throw new AsterError(
      `service ${definition.name}: expected a function that makes the handlers of one session, since its scope is 'session'`,
    )
  assertHandlers(definition, handlers)
  return { definition, open: () => handlers }
}

/**
 * Returns the implementation of a service in any of the accepted forms.
 *
 * @throws AsterError if `service` is not a service, or if its form does not fit the scope
 */
export function implementationOf(service: ServiceLike): ServiceImplementation {
  if (typeof service === 'object' && service !== null && 'definition' in service && 'open' in service)
    return service as ServiceImplementation
  const ofClass = classDefinition(service)
  if (ofClass !== undefined) {
    if (ofClass.scope !== 'session')
      throw new AsterError(
        `service ${ofClass.name}: expected an instance of the class (new ${ofClass.name}()), since its scope is 'shared'`,
      )
    const Class = service as new (peer: Peer) => object
    return { definition: ofClass, open: (peer) => new Class(peer) }
  }
  const definition = classDefinition((service as { constructor?: unknown } | null | undefined)?.constructor)
  if (definition === undefined)
    throw new AsterError('expected a service: the result of implement(…), or an instance of a class with @service')
  if (definition.scope === 'session')
    throw new AsterError(
      `service ${definition.name}: expected the class itself, since its scope is 'session' and each session gets an instance`,
    )
  return { definition, open: () => service }
}

/**
 * Returns the definition of a service, from the definition itself or from its class.
 *
 * @throws AsterError if `service` is neither
 */
export function definitionOf(service: ServiceDefinition | ServiceClass): ServiceDefinition {
  if (typeof service === 'object' && service !== null && 'methods' in service) return service
  const found = classDefinition(service)
  if (found === undefined)
    throw new AsterError('expected a service definition (defineService) or a class with @service')
  return found
}

/**
 * Returns `handlers`.
 *
 * @throws AsterError if a method has no handler
 */
function assertHandlers<H extends object>(definition: ServiceDefinition, handlers: H): H {
  const missing = Object.keys(definition.methods).filter(
    (name) => typeof (handlers as Record<string, unknown>)[name] !== 'function',
  )
  if (missing.length > 0 && isThenable(handlers)) {
    // The promise is discarded; its rejection must not end the process.
    handlers.then(undefined, () => {})
    throw new AsterError(`service ${definition.name}: expected an object of handlers, found a promise`)
  }
  if (missing.length > 0) throw new AsterError(`service ${definition.name}: no handler for ${missing.join(', ')}`)
  return handlers
}
