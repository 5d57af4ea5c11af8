/** The addresses of both bindings: what they may be, and those at which an endpoint can be dialled. */
import { isIPv4, SocketAddress } from 'node:net'
import { type NodeAddr, TransportError } from '@aster/rpc-core'
import { quoted } from '@aster/rpc-core/schema'

export const ENDPOINT_ID = 'an ed25519 public key as 64 lower-case hex digits'

/** @throws TransportError (`misuse`) that names the part which is wrong */
export function assertNodeAddr({ endpointId, relayUrl, addresses }: NodeAddr): void {
  for (const address of addresses) assertSocketAddress('address', address)
  if (relayUrl !== undefined && !URL.canParse(relayUrl)) throw addressError('relayUrl', relayUrl, 'a URL')
  if (!/^[0-9a-f]{64}$/.test(endpointId)) throw addressError('endpointId', endpointId, ENDPOINT_ID)
}

/** `isIPv6` of Node 20 is a regular expression that takes 8 ms to be compiled. */
function isIPv6(address: string): boolean {
  try {
    return new SocketAddress({ address, family: 'ipv6' }).family === 'ipv6'
  } catch {
    return false
  }
}

const V4_PORT = /^([\d.]+):(\d{1,5})$/
/** A scope id is a number: iroh knows no names of interfaces. */
const V6_PORT = /^\[([^%]+?)(?:%\d{1,9})?\]:(\d{1,5})$/

/** @throws TransportError (`misuse`) */
export function assertSocketAddress(name: string, text: string): void {
  const [v4, v6] = [V4_PORT.exec(text), V6_PORT.exec(text)]
  const valid = (v4 !== null && isIPv4(v4[1] ?? '')) || (v6 !== null && isIPv6(v6[1] ?? ''))
  if (!valid || Number((v4 ?? v6)?.[2]) > 65_535) throw addressError(name, text, '`ip:port` or `[v6]:port`')
}

/** Returns the error for a part of an address that is wrong. */
export function addressError(name: string, value: string, expected: string): TransportError {
  return new TransportError('misuse', `${name} is ${quoted(value)}; expected ${expected}`)
}

const UNSPECIFIED = /^(?:0\.0\.0\.0|\[::\]):/

/** What a binding knows of its endpoint. */
export interface KnownAddress {
  readonly endpointId: string
  readonly relayUrl: string | undefined
  /** The sockets that are bound. */
  readonly sockets: readonly string[]
  /** Where iroh found that the endpoint can be reached. */
  readonly found: readonly string[]
}

/** Returns where an endpoint can be dialled: its sockets, and for those bound to every interface what iroh found. */
export function dialableAddress({ endpointId, relayUrl, sockets, found }: KnownAddress): NodeAddr {
  const addresses = [...new Set([...sockets.filter((socket) => !UNSPECIFIED.test(socket)), ...found])]
  return {
    endpointId,
    ...(relayUrl === undefined ? {} : { relayUrl }),
    // A machine without a network still has its loopback interface.
    addresses:
      addresses.length > 0
        ? addresses
        : sockets.map((socket) => socket.replace('0.0.0.0', '127.0.0.1').replace('[::]', '[::1]')),
  }
}
