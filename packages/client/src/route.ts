import type { ServiceSummary } from '@aster/admission'
import { parseAddress } from '@aster/identity'
import type { NodeAddr } from '@aster/rpc-core'
import { listPrintable, printable } from '@aster/rpc-core/schema'
import { channelNotAllowedError, ServiceNotFoundError } from './errors.ts'
import { mergePaths } from './merge-addresses.ts'

/** A service, and the channel on which it is called. Each client or session of a service has a route of its own. */
export interface Route {
  readonly service: string
  readonly version: number
  readonly channel: string
}

/** Returns the service of a route, or `undefined` if it is not offered. */
export function findService(
  { service, version }: Route,
  services: readonly ServiceSummary[],
): ServiceSummary | undefined {
  return services.find((one) => one.name === service && one.version === version)
}

/**
 * Returns the address of a channel. If the channel leads to the endpoint that admits this client, the address has the paths of
 * the channel and those of `admittedAt`.
 *
 * @throws ServiceNotFoundError if the service has no such channel
 * @throws IdentityError if the channel's address cannot be parsed
 */
export function channelAddress(service: ServiceSummary, channel: string, admittedAt: NodeAddr): NodeAddr {
  const text = Object.hasOwn(service.channels, channel) ? service.channels[channel] : undefined
  if (text === undefined) {
    const channels = Object.keys(service.channels)
    throw new ServiceNotFoundError(service.name, service.version, { channel, channels })
  }
  const address = parseAddress(text, {
    source: `channel '${printable(channel)}' of service '${printable(service.name)}'`,
  })
  return address.endpointId === admittedAt.endpointId ? mergePaths(address, admittedAt) : address
}

/** A channel, and the address that it leads to. */
export interface ChannelUse {
  /** The option `allowedChannels` of the client. */
  readonly allowedChannels: readonly string[] | undefined
  readonly service: string
  readonly channel: string
  readonly address: NodeAddr
  readonly admittedAt: NodeAddr
}

/**
 * Checks that a channel may be dialled. `allowedChannels` must contain its name or the id of its endpoint, or its endpoint must
 * be the configured one, which admits this client.
 *
 * @throws RpcError `FAILED_PRECONDITION` if the channel may not be dialled
 */
export function assertChannelAllowed({ allowedChannels, service, channel, address, admittedAt }: ChannelUse): void {
  const { endpointId } = address
  if (allowedChannels === undefined || endpointId === admittedAt.endpointId || allowedChannels.includes(channel)) return
  if (allowedChannels.some((one) => one.toLowerCase() === endpointId)) return
  throw channelNotAllowedError(service, channel, endpointId)
}

/** Returns the address of an endpoint from the first channel that leads to it; `undefined` if no channel does. */
export function endpointAddress(
  endpointId: string,
  services: readonly ServiceSummary[],
  admittedAt: NodeAddr,
): NodeAddr | undefined {
  for (const service of services) {
    for (const channel of Object.keys(service.channels)) {
      try {
        const address = channelAddress(service, channel, admittedAt)
        if (address.endpointId === endpointId) return address
      } catch {
        // The calls on that channel throw the error.
      }
    }
  }
  return undefined
}

/**
 * Returns the difference between two offers in the properties that matter for calls: names, versions and patterns, and with
 * `contracts` the contract ids. Returns `undefined` if there is no difference.
 */
export function describeDifference(
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
  return listPrintable([...missing.map((name) => `lacks ${name}`), ...extra.map((name) => `has ${name}`)])
}
