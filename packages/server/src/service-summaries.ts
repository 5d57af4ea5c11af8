import type { ServiceSummary } from '@aster/admission'
import { contractId } from '@aster/contract'
import {
  AsterError,
  type Codec,
  implementationOf,
  SerializationMode,
  type ServiceDefinition,
  type ServiceLike,
} from '@aster/rpc-core'

/** What consumers that are admitted are told of the services. */
export function summariesOf(
  services: readonly ServiceLike[],
  codecs: readonly Codec[],
  channels: Readonly<Record<string, string>>,
): readonly ServiceSummary[] {
  const serializationModes = codecs.map(({ mode }) => MODE_NAMES[mode])
  return services.map((service) => {
    const { definition } = implementationOf(service)
    const { name, version, scope } = definition
    return { name, version, contractId: idOf(definition), channels, pattern: scope, serializationModes }
  })
}

const ids = new WeakMap<ServiceDefinition, string>()

/** The id that Python gives the same definition; empty for one that has none, by a lone surrogate in a name. */
function idOf(definition: ServiceDefinition): string {
  let id = ids.get(definition)
  if (id === undefined) {
    try {
      id = contractId(definition)
    } catch {
      id = ''
    }
    ids.set(definition, id)
  }
  return id
}

/** @throws AsterError for what is no service, and for one that is there twice */
export function checkServices(services: readonly ServiceLike[]): void {
  const seen = new Set<string>()
  for (const service of services) {
    const { name, version } = implementationOf(service).definition
    const label = `${name} v${version}`
    if (seen.has(label)) throw new AsterError(`service ${label} is given twice`)
    seen.add(label)
  }
}

const MODE_NAMES = {
  [SerializationMode.XLANG]: 'xlang',
  [SerializationMode.NATIVE]: 'native',
  [SerializationMode.ROW]: 'row',
  [SerializationMode.JSON]: 'json',
} as const
