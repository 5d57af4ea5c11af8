import type { ServiceSummary } from '@aster/admission'
import { formatNodeAddr, parseAddress, parseSocketAddress } from '@aster/identity'
import type { Connection, NodeAddr } from '@aster/rpc-core'

/** Addresses of one channel that are used: as many as a ticket holds. */
const MAX_ADDRESSES = 15

/** Whether an address leads to this machine alone, to the same link alone, anywhere, or nowhere. */
type Reach = 'loopback' | 'link' | 'any' | 'none'

/** Which addresses of an answer are used, beside those that lead anywhere. */
export interface AddressRules {
  readonly loopback: boolean
  readonly link: boolean
}

/** The services of an answer with the addresses that are used. */
export interface UsableServices {
  readonly services: readonly ServiceSummary[]
  /** How many addresses are left out. */
  readonly leftOut: number
}

/**
 * Returns the rules for the answer that came over `connection`. A producer that was reached over a loopback path runs on this
 * machine, and may name loopback addresses; any other one would have this client send to programs of its own machine. A
 * transport that knows no paths has no such addresses.
 *
 * @param configured the address of the producer as the user gave it: what counts when the paths are not known yet
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

/** An address that cannot be parsed is an error of the calls on its channel. */
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

/** Returns where an `ip:port`, or the URL of a relay, leads to. */
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
    // It is of a transport with addresses of its own.
    return 'any'
  }
  return ip.length === 4 ? reachOfIpv4(ip) : reachOfIpv6(ip)
}

function reachOfIpv4([a = 0, b]: Uint8Array): Reach {
  // 0.0.0.0 is this machine, too.
  if (a === 127 || a === 0) return 'loopback'
  if (a === 169 && b === 254) return 'link'
  // Multicast, reserved and broadcast.
  return a >= 224 ? 'none' : 'any'
}

function reachOfIpv6(ip: Uint8Array): Reach {
  const isZero = (from: number, to: number): boolean => ip.subarray(from, to).every((byte) => byte === 0)
  if (isZero(0, 10) && ip[10] === 0xff && ip[11] === 0xff) return reachOfIpv4(ip.subarray(12))
  // `::`, `::1`, and IPv4 addresses in a form that is out of use.
  if (isZero(0, 12)) return 'loopback'
  const [a = 0, b = 0] = ip
  if (a === 0xfe && (b & 0xc0) === 0x80) return 'link'
  return a === 0xff ? 'none' : 'any'
}
