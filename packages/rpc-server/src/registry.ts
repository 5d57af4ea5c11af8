import {
  AsterError,
  type MethodDefinition,
  RpcError,
  type ServiceImplementation,
  implementationOf,
  type ServiceLike,
  StatusCode,
} from '@aster/rpc-core'
import { assertHeaderText } from './header-limits.ts'

/** A service that a connection offers, with its methods by their wire names. */
export interface RegisteredService {
  readonly implementation: ServiceImplementation
  readonly methods: ReadonlyMap<string, MethodDefinition>
}

/** The services of a connection, by name and version. */
export class ServiceRegistry {
  readonly #services = new Map<string, Map<number, RegisteredService>>()

  /** @throws AsterError if two services have the same name and version */
  constructor(services: readonly ServiceLike[]) {
    for (const service of services) {
      const implementation = implementationOf(service)
      const { name, version, methods } = implementation.definition
      const versions = this.#services.get(name) ?? new Map<number, RegisteredService>()
      if (versions.has(version)) throw new AsterError(`service ${name} v${version} is given twice`)
      versions.set(version, {
        implementation,
        methods: new Map(Object.values(methods).map((method) => [method.wireName, method])),
      })
      this.#services.set(name, versions)
    }
  }

  /**
   * Returns the service with a name and version.
   *
   * @throws RpcError `INVALID_ARGUMENT` if the name is empty; `NOT_FOUND` if the name or the version is not registered; the errors
   *   of `assertHeaderText`
   */
  find(name: string, version: number): RegisteredService {
    if (name === '') throw new RpcError(StatusCode.INVALID_ARGUMENT, 'the call names no service')
    const versions = this.#services.get(name)
    if (versions === undefined) {
      assertHeaderText('service name', name)
      throw new RpcError(StatusCode.NOT_FOUND, `service '${name}' is not offered here`)
    }
    const service = versions.get(version)
    if (service !== undefined) return service
    const offered = [...versions.keys()].map((v) => `v${v}`).join(', ')
    throw new RpcError(StatusCode.NOT_FOUND, `service '${name}' v${version} is not offered here (offered: ${offered})`)
  }
}

/**
 * Returns the method with a wire name.
 *
 * @throws RpcError `UNIMPLEMENTED` if the service does not have the method; the errors of `assertHeaderText`
 */
export function findMethod({ implementation, methods }: RegisteredService, wireName: string): MethodDefinition {
  const method = methods.get(wireName)
  if (method !== undefined) return method
  assertHeaderText('method name', wireName)
  throw new RpcError(
    StatusCode.UNIMPLEMENTED,
    `service '${implementation.definition.name}' has no method '${wireName}'`,
  )
}
