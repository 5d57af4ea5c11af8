import type { ServiceSummary } from '@aster/admission'
import { parseAddress } from '@aster/identity'
import { AsterError, type NodeAddr } from '@aster/rpc-core'

/** Which service is called, and on which of its channels. One for each client that is made. */
export interface Route {
  readonly service: string
  readonly version: number
  readonly channel: string
}

export function summaryFor(
  { service, version }: Route,
  services: readonly ServiceSummary[],
): ServiceSummary | undefined {
  return services.find((one) => one.name === service && one.version === version)
}

/** Where a channel leads. A bare id gets the addresses under which this consumer was admitted. */
export function channelAddress(service: ServiceSummary, channel: string, producer: NodeAddr): NodeAddr {
  const text = service.channels[channel]
  if (text === undefined) {
    const known = Object.keys(service.channels).join(', ')
    throw new AsterError(
      `service '${service.name}' has no channel '${channel}' (channels: ${known === '' ? 'none' : known})`,
    )
  }
  const address = parseAddress(text, { source: `channel '${channel}' of service '${service.name}'` })
  if (address.addresses.length > 0 || address.relayUrl !== undefined) return address
  return address.endpointId === producer.endpointId ? producer : address
}

/** Where an endpoint is by what the channels say; `undefined` where none of them leads there. */
export function endpointAddress(
  endpointId: string,
  services: readonly ServiceSummary[],
  producer: NodeAddr,
): NodeAddr | undefined {
  for (const service of services) {
    for (const channel of Object.keys(service.channels)) {
      try {
        const address = channelAddress(service, channel, producer)
        if (address.endpointId === endpointId) return address
      } catch {
        // What is no address is told to those who call on that channel.
      }
    }
  }
  return undefined
}

/** How two offers differ in what counts for calls; `undefined` where they do not. With `contracts` their ids count too. */
export function differenceOf(
  expected: readonly ServiceSummary[],
  found: readonly ServiceSummary[],
  contracts: boolean,
): string | undefined {
  const names = (services: readonly ServiceSummary[]): string[] =>
    services
      .map((one) => `${one.name} v${one.version} (${one.pattern}${contracts ? `, contract ${one.contractId}` : ''})`)
      .sort()
  const [wanted, offered] = [names(expected), names(found)]
  const missing = wanted.filter((name) => !offered.includes(name))
  const extra = offered.filter((name) => !wanted.includes(name))
  if (missing.length === 0 && extra.length === 0) return undefined
  return [...missing.map((name) => `lacks ${name}`), ...extra.map((name) => `has ${name}`)].join(', ')
}
