import type { ServiceSummary } from '@aster/admission'
import { formatNodeAddr, parseAddress, parseSocketAddress } from '@aster/identity'
import type { Connection, NodeAddr } from '@aster/rpc-core'

/** The number of addresses of one channel that are used, as many as a ticket holds. */
const MAX_ADDRESSES = 15

/** The hosts that an address can lead to: this machine only, the same link only, any host, or no host. */
type Reach = 'loopback' | 'link' | 'any' | 'none'

/** The kinds of addresses of an answer that are used, in addition to those that can lead to any host. */
export interface AddressRules {
  readonly loopback: boolean
  readonly link: boolean
}

/** The services of an answer, with only the addresses that are used. */
export interface UsableServices {
  readonly services: readonly ServiceSummary[]
  /** The number of addresses that were left out. */
  readonly leftOut: number
}

/**
 * Returns the rules for the answer that arrived over `connection`. If the producer was reached over a loopback path, it runs
 * on this machine and may name loopback addresses. Loopback addresses of other producers are not used, because these could
 * make the client send to programs on its own machine. For a transport that does not know its paths, all addresses are used.
 *
 * @param configured the address of the producer from the options, used if the paths are not known yet
 */
export function addressRules({ paths }: Connection, configured: NodeAddr): AddressRules {
  if (paths === undefined) return { loopback: true, link: true }
  const seen = (paths.length > 0 ? paths.map(({ address }) => address) : configured.addresses).map(reachOf)
  const loopback = seen.includes('loopback')
  return { loopback, link: loopback || seen.includes('link') }
}

/** Returns the services without the addresses that `rules` forbid, and with at most 15 for each channel. */
export function usableServices(services: readonly ServiceSummary[], rules: AddressRules): UsableServices {
  let leftOut = 0
  const known = new Map<string, string>()
  const narrow = (text: string): string => {
    const address = parseOrUndefined(text)
    if (address === undefined) return text
    const usable = usableAddress(address, rules)
    if (usable === address) return text
    leftOut += countPaths(address) - countPaths(usable)
    return formatNodeAddr(usable)
  }
  const narrowed = (text: string): string => {
    const usable = known.get(text) ?? narrow(text)
    known.set(text, usable)
    return usable
  }
  const usable = services.map((service) => {
    const channels = Object.entries(service.channels).map(([name, text]) => [name, narrowed(text)] as const)
    const isSame = channels.every(([name, text]) => service.channels[name] === text)
    return isSame ? service : { ...service, channels: Object.fromEntries(channels) }
  })
  return { services: usable, leftOut }
}

/** Returns `undefined` if the address cannot be parsed. Calls on its channel then throw the error. */
function parseOrUndefined(text: string): NodeAddr | undefined {
  try {
    return parseAddress(text)
  } catch {
    return undefined
  }
}

function usableAddress(address: NodeAddr, rules: AddressRules): NodeAddr {
  const fits = (path: string): boolean => {
    const reach = reachOf(path)
    return reach === 'any' || (reach !== 'none' && rules[reach])
  }
  const addresses = address.addresses.filter(fits).slice(0, MAX_ADDRESSES)
  const { endpointId, relayUrl } = address
  const keepsRelay = relayUrl === undefined || fits(relayUrl)
  if (addresses.length === address.addresses.length && keepsRelay) return address
  return { endpointId, addresses, ...(relayUrl !== undefined && keepsRelay && { relayUrl }) }
}

function countPaths({ addresses, relayUrl }: NodeAddr): number {
  return addresses.length + (relayUrl === undefined ? 0 : 1)
}

/** Returns the hosts that an `ip:port`, or the URL of a relay, can lead to. */
function reachOf(path: string): Reach {
  let ip: Uint8Array
  try {
    if (path.includes('/')) {
      const { hostname } = new URL(path)
      if (/(^|\.)localhost\.?$/.test(hostname)) return 'loopback'
      if (!/^[\d.]+$|^\[/.test(hostname)) return 'any'
      path = `${hostname}:1`
    }
    const socket = parseSocketAddress(path)
    if (socket.port === 0) return 'none'
    ip = socket.ip
  } catch {
    // Not an `ip:port` and not a URL: the transport has a form of addresses of its own.
    return 'any'
  }
  return ip.length === 4 ? reachOfIpv4(ip) : reachOfIpv6(ip)
}

function reachOfIpv4([a = 0, b]: Uint8Array): Reach {
  // 0.0.0.0 also leads to this machine.
  if (a === 127 || a === 0) return 'loopback'
  if (a === 169 && b === 254) return 'link'
  // Multicast, reserved and broadcast addresses.
  return a >= 224 ? 'none' : 'any'
}

function reachOfIpv6(ip: Uint8Array): Reach {
  const isZero = (from: number, to: number): boolean => ip.subarray(from, to).every((byte) => byte === 0)
  if (isZero(0, 10) && ip[10] === 0xff && ip[11] === 0xff) return reachOfIpv4(ip.subarray(12))
  // `::`, `::1`, and IPv4 addresses in an obsolete form.
  if (isZero(0, 12)) return 'loopback'
  const [a = 0, b = 0] = ip
  if (a === 0xfe && (b & 0xc0) === 0x80) return 'link'
  return a === 0xff ? 'none' : 'any'
}
