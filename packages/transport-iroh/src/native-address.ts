import { isIPv4, isIPv6 } from 'node:net'
import { type NodeAddr, TransportError } from '@aster/rpc-core'
import { quoted } from '@aster/rpc-core/schema'
import type { Native, NativeAddr, NativeEndpoint } from './native.ts'

/** Throws `TransportError` (`misuse`) that names the part which is wrong. */
export function nativeAddress(iroh: Native, { endpointId, relayUrl, addresses }: NodeAddr): NativeAddr {
  for (const address of addresses) checkSocketAddress('address', address)
  if (relayUrl !== undefined && !URL.canParse(relayUrl)) throw invalid('relayUrl', relayUrl, 'a URL')
  return new iroh.EndpointAddr(endpointIdOf(iroh, endpointId), relayUrl ?? null, [...addresses])
}

function endpointIdOf(iroh: Native, text: string): InstanceType<Native['EndpointId']> {
  const expected = 'an ed25519 public key as 64 lower-case hex digits'
  if (!/^[0-9a-f]{64}$/.test(text)) throw invalid('endpointId', text, expected)
  try {
    return iroh.EndpointId.fromString(text)
  } catch {
    throw invalid('endpointId', text, `${expected} (this is no point of the curve)`)
  }
}

const V4_PORT = /^([\d.]+):(\d{1,5})$/
/** A scope id is a number: the addon knows no names of interfaces. */
const V6_PORT = /^\[([^%]+?)(?:%\d{1,9})?\]:(\d{1,5})$/

export function checkSocketAddress(name: string, text: string): void {
  const [v4, v6] = [V4_PORT.exec(text), V6_PORT.exec(text)]
  const valid = (v4 !== null && isIPv4(v4[1] ?? '')) || (v6 !== null && isIPv6(v6[1] ?? ''))
  if (!valid || Number((v4 ?? v6)?.[2]) > 65_535) throw invalid(name, text, '`ip:port` or `[v6]:port`')
}

function invalid(name: string, value: string, expected: string): TransportError {
  return new TransportError('misuse', `${name} is ${quoted(value)}; expected ${expected}`)
}

const UNSPECIFIED = /^(?:0\.0\.0\.0|\[::\]):/

/** Where an endpoint can be dialled: its sockets, and for those bound to every interface what the addon found out. */
export function addressOf(endpoint: NativeEndpoint): NodeAddr {
  const known = endpoint.addr()
  const sockets = endpoint.boundSockets()
  const addresses = [...new Set([...sockets.filter((socket) => !UNSPECIFIED.test(socket)), ...known.directAddresses()])]
  const relayUrl = known.relayUrl()
  return {
    endpointId: endpoint.id().toString(),
    ...(relayUrl === null ? {} : { relayUrl }),
    // A machine without a network still has its loopback interface.
    addresses:
      addresses.length > 0
        ? addresses
        : sockets.map((socket) => socket.replace('0.0.0.0', '127.0.0.1').replace('[::]', '[::1]')),
  }
}
