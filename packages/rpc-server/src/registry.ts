import {
  AsterError,
  type MethodDefinition,
  RpcError,
  type ServiceImplementation,
  implementationOf,
  type ServiceLike,
  StatusCode,
} from '@aster/rpc-core'

/** A service that is served, with its methods by their wire names. */
export interface ServedService {
  readonly implementation: ServiceImplementation
  readonly methods: ReadonlyMap<string, MethodDefinition>
}

/** The services of a connection, by name and version. */
export class ServiceRegistry {
  readonly #services = new Map<string, Map<number, ServedService>>()

  constructor(services: readonly ServiceLike[]) {
    for (const service of services) {
      const implementation = implementationOf(service)
      const { name, version, methods } = implementation.definition
      const versions = this.#services.get(name) ?? new Map<number, ServedService>()
      if (versions.has(version)) throw new AsterError(`service ${name} v${version} is given twice`)
      versions.set(version, {
        implementation,
        methods: new Map(Object.values(methods).map((method) => [method.wireName, method])),
      })
      this.#services.set(name, versions)
    }
  }

  /** Throws `INVALID_ARGUMENT` without a name, `NOT_FOUND` for a name or version that is not served. */
  service(name: string, version: number): ServedService {
    if (name === '') throw new RpcError(StatusCode.INVALID_ARGUMENT, 'the call names no service')
    const versions = this.#services.get(name)
    if (versions === undefined) throw new RpcError(StatusCode.NOT_FOUND, `service '${name}' is not offered here`)
    const served = versions.get(version)
    if (served !== undefined) return served
    const offered = [...versions.keys()].map((v) => `v${v}`).join(', ')
    throw new RpcError(StatusCode.NOT_FOUND, `service '${name}' v${version} is not offered here (offered: ${offered})`)
  }
}

/** Throws `UNIMPLEMENTED` for a method that the service does not have. */
export function methodOf(served: ServedService, wireName: string): MethodDefinition {
  const method = served.methods.get(wireName)
  if (method !== undefined) return method
  throw new RpcError(
    StatusCode.UNIMPLEMENTED,
    `service '${served.implementation.definition.name}' has no method '${wireName}'`,
  )
}
