import type { ServiceSummary } from '@aster/admission'
import { contractId } from '@aster/contract'
import { formatNodeAddr } from '@aster/identity'
import {
  AsterError,
  type Codec,
  implementationOf,
  type NodeAddr,
  SerializationMode,
  type ServiceDefinition,
  type ServiceLike,
} from '@aster/rpc-core'
import type { Channel } from './channels.ts'

/** The services of a channel and its address. */
interface Offer {
  readonly name: string
  readonly services: readonly ServiceLike[]
  readonly address: string
}

/** An endpoint, as far as its offer depends on it. */
interface OfferingEndpoint {
  readonly channel: Pick<Channel, 'name' | 'services'>
  readonly address: NodeAddr
}

/** The descriptions of the services of a server for admitted consumers. They are made again if an address has changed. */
export class ServiceSummaries {
  readonly #endpoints: readonly OfferingEndpoint[]
  readonly #codecs: readonly Codec[]
  #addresses = ''
  #summaries: readonly ServiceSummary[] = []

  constructor(endpoints: readonly OfferingEndpoint[], codecs: readonly Codec[]) {
    this.#endpoints = endpoints
    this.#codecs = codecs
  }

  get current(): readonly ServiceSummary[] {
    const offers = offersOf(this.#endpoints)
    const addresses = offers.map(({ address }) => address).join(' ')
    if (addresses === this.#addresses) return this.#summaries
    this.#summaries = summarizeServices(offers, this.#codecs)
    this.#addresses = addresses
    return this.#summaries
  }
}

/** Returns the offers of endpoints, with their addresses at present. */
export function offersOf(endpoints: readonly OfferingEndpoint[]): readonly Offer[] {
  return endpoints.map(({ channel: { name, services }, address }) => {
    return { name, services, address: formatNodeAddr(address) }
  })
}

/** Returns the descriptions of the services for admitted consumers. */
export function summarizeServices(offers: readonly Offer[], codecs: readonly Codec[]): readonly ServiceSummary[] {
  const serializationModes = codecs.map(({ mode }) => MODE_NAMES[mode])
  const channelsOf = new Map<ServiceLike, [string, string][]>()
  for (const { name, services, address } of offers) {
    for (const service of services) {
      const channels = channelsOf.get(service) ?? []
      channels.push([name, address])
      channelsOf.set(service, channels)
    }
  }
  return [...channelsOf].map(([service, entries]) => {
    const { definition } = implementationOf(service)
    const { name, version, scope } = definition
    const channels = Object.fromEntries(entries)
    return { name, version, contractId: findContractId(definition), channels, pattern: scope, serializationModes }
  })
}

const ids = new WeakMap<ServiceDefinition, string>()

/**
 * Returns the contract id, as Python computes it for the same definition (quirk 42 of docs/python-0.1.md). Returns an empty
 * string if a name contains a lone surrogate, because such a definition has no id.
 */
function findContractId(definition: ServiceDefinition): string {
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

/**
 * Checks that a name and version denote the same service on all channels, because a consumer may call the service on any
 * channel that offers it.
 *
 * @throws AsterError if a value is not a service, if a channel lists a service twice, or if channels have different services
 *   with the same name and version
 */
export function assertServices(channels: readonly Pick<Channel, 'source' | 'services'>[]): void {
  const known = new Map<string, { readonly service: ServiceLike; readonly source: string }>()
  for (const { source, services } of channels) {
    const seen = new Set<string>()
    for (const service of services) {
      const { name, version } = readDefinition(source, service)
      const label = `${name} v${version}`
      if (seen.has(label)) throw new AsterError(`${source}: service ${label} is given twice`)
      seen.add(label)
      const other = known.get(label)
      if (other === undefined) known.set(label, { service, source })
      else if (other.service !== service)
        throw new AsterError(
          `${source}: service ${label} is another than in ${other.source}; give the same object there`,
        )
    }
  }
}

function readDefinition(source: string, service: ServiceLike): ServiceDefinition {
  try {
    return implementationOf(service).definition
  } catch (error) {
    throw new AsterError(`${source}: ${(error as Error).message}`, { cause: error })
  }
}

const MODE_NAMES = {
  [SerializationMode.XLANG]: 'xlang',
  [SerializationMode.NATIVE]: 'native',
  [SerializationMode.ROW]: 'row',
  [SerializationMode.JSON]: 'json',
} as const
