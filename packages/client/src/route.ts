import type { ServiceSummary } from '@aster/admission'
import { parseAddress } from '@aster/identity'
import type { NodeAddr } from '@aster/rpc-core'
import { listPrintable, printable } from '@aster/rpc-core/schema'
import { channelNotAllowedError, ServiceNotFoundError } from './errors.ts'
import { mergePaths } from './merge-addresses.ts'

/** A service, and the one of its channels to call. Each client or session of a service has a route of its own. */
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
 * Returns the address that a channel leads to. If that is the endpoint that admits this client, the address has the paths that
 * the channel names and those of `admittedAt`.
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

/** A channel, and where it leads to. */
export interface ChannelUse {
  /** The option of the client. */
  readonly allowedChannels: readonly string[] | undefined
  readonly service: string
  readonly channel: string
  readonly address: NodeAddr
  readonly admittedAt: NodeAddr
}

/**
 * Checks that a channel may be dialled: by its name, by the endpoint that it leads to, or because that is the endpoint which
 * the user named and which admits this client.
 *
 * @throws RpcError `FAILED_PRECONDITION` if it may not
 */
export function assertChannelAllowed({ allowedChannels, service, channel, address, admittedAt }: ChannelUse): void {
  const { endpointId } = address
  if (allowedChannels === undefined || endpointId === admittedAt.endpointId || allowedChannels.includes(channel)) return
  if (allowedChannels.some((one) => one.toLowerCase() === endpointId)) return
  throw channelNotAllowedError(service, channel, endpointId)
}

/** Returns the address of an endpoint, as the first channel that leads there has it; `undefined` if none does. */
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
        // An address that cannot be parsed is an error of the calls on that channel.
      }
    }
  }
  return undefined
}

/**
 * Returns the difference between two offers in what counts for calls: names, versions and patterns, and with `contracts` the
 * contract ids; `undefined` if there is none.
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
