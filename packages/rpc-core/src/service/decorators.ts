import { AsterError } from '../aster-error.ts'
import { defineService, type ServiceDefinition, type ServiceOptions } from './define-service.ts'
import { type MethodSpec, readMethodSpec, unary } from './method.ts'

const definitionKey = Symbol.for('aster.service')

/** A class whose instances are service implementations. */
// oxlint-disable-next-line typescript/no-explicit-any -- any constructor will do; its parameters are not ours
export type ServiceClass<T extends object = object> = abstract new (...args: any[]) => T

/** Makes a class with `@rpc(A, B)`, `@serverStream(A, B)` … on its methods a service. The name is that of the class unless given. */
export function service(options: Partial<ServiceOptions> = {}) {
  return <C extends ServiceClass>(target: C, context: ClassDecoratorContext<C>): void => {
    const name = options.name ?? context.name
    if (name === undefined) throw new AsterError('@service: expected a name, for the class has none')
    const definition = defineService({ ...options, name, methods: collectSpecs(target.prototype) })
    if (Object.keys(definition.methods).length === 0)
      throw new AsterError(
        `@service ${name}: no method is decorated with @rpc, @serverStream, @clientStream or @bidiStream`,
      )
    Object.defineProperty(target, definitionKey, { value: definition })
  }
}

/** The decorator of a unary method; the same as `unary`. */
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

/** The definition that `@service` put on a class; `undefined` for anything else. */
export function classDefinition(target: unknown): ServiceDefinition | undefined {
  if (typeof target !== 'function' || !Object.hasOwn(target, definitionKey)) return undefined
  return (target as unknown as Record<symbol, ServiceDefinition>)[definitionKey]
}
