import { AsterError } from '../aster-error.ts'
import { assertContext } from './decorator-context.ts'
import { defineService, type ServiceDefinition, type ServiceOptions } from './define-service.ts'
import { type MethodSpec, readMethodSpec, unary } from './method.ts'

const definitionKey = Symbol.for('aster.service')

/** A class whose instances implement a service. */
// oxlint-disable-next-line typescript/no-explicit-any -- the constructor may have any parameters
export type ServiceClass<T extends object = object> = abstract new (...args: any[]) => T

/**
 * Returns a decorator that turns a class with `@rpc(A, B)`, `@serverStream(A, B)` and so on into a service. The options
 * must name the service: the name of the class is not reliable, since a minifier changes it.
 *
 * @throws AsterError if the options have no name, if no method of the class has a decorator, or if the compiler uses legacy
 *   decorators
 */
export function service(options: ServiceOptions) {
  // If `@service` is used without a call, `options` is the class, whose name would pass for that of the service.
  if (typeof options === 'function')
    throw new AsterError("@service: expected a call with a name, as in @service({ name: 'Hello' }), found a class")
  return <C extends ServiceClass>(target: C, context: ClassDecoratorContext<C>): void => {
    assertContext('service', context)
    const name = (options as Partial<ServiceOptions> | undefined)?.name
    if (typeof name !== 'string' || name === '') {
      const example = `@service({ name: '${context.name ?? 'Hello'}' })`
      throw new AsterError(`@service: expected a name, as in ${example}: that of a class changes in a minified bundle`)
    }
    // The spread below copies own members only; a rule may be inherited, and must not be lost.
    const rule = 'requires' in options ? { requires: options.requires } : {}
    const definition = defineService({ ...options, ...rule, methods: collectSpecs(target.prototype) })
    if (Object.keys(definition.methods).length === 0)
      throw new AsterError(
        `@service ${name}: no method is decorated with @rpc, @serverStream, @clientStream or @bidiStream`,
      )
    Object.defineProperty(target, definitionKey, { value: definition })
  }
}

/** The decorator of a unary method, identical to `unary`. */
export const rpc = unary

function collectSpecs(prototype: object): Record<string, MethodSpec> {
  const found: Record<string, MethodSpec> = {}
  for (
    let p: object | null = prototype;
    p !== null && p !== Object.prototype;
    p = Object.getPrototypeOf(p) as object | null
  ) {
    for (const name of Object.getOwnPropertyNames(p)) {
      const spec = readMethodSpec(Object.getOwnPropertyDescriptor(p, name)?.value)
      if (spec !== undefined && !(name in found)) found[name] = spec
    }
  }
  return found
}

/** Returns the definition that `@service` attached to a class, or `undefined` for any other value. */
export function classDefinition(target: unknown): ServiceDefinition | undefined {
  if (typeof target !== 'function' || !Object.hasOwn(target, definitionKey)) return undefined
  return (target as unknown as Record<symbol, ServiceDefinition>)[definitionKey]
}
