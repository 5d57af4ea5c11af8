import type { NodeAddr } from '@aster/rpc-core'
import { addressError, assertNodeAddr, dialableAddress, ENDPOINT_ID } from '../addresses.ts'
import type { Native, NativeAddr, NativeEndpoint } from './native.ts'

/**
 * Converts an address for the addon.
 *
 * @throws TransportError (`misuse`) if a part of the address is wrong; the message names the part
 */
export function nativeAddress(iroh: Native, address: NodeAddr): NativeAddr {
  assertNodeAddr(address)
  const { endpointId, relayUrl, addresses } = address
  return new iroh.EndpointAddr(endpointIdOf(iroh, endpointId), relayUrl ?? null, [...addresses])
}

function endpointIdOf(iroh: Native, text: string): InstanceType<Native['EndpointId']> {
  try {
    return iroh.EndpointId.fromString(text)
  } catch {
    throw addressError('endpointId', text, `${ENDPOINT_ID} (this one is not a point of the curve)`)
  }
}

/** Returns the address at which an endpoint can be dialled. */
export function addressOf(endpoint: NativeEndpoint): NodeAddr {
  const known = endpoint.addr()
  return dialableAddress({
    endpointId: endpoint.id().toString(),
    relayUrl: known.relayUrl() ?? undefined,
    sockets: endpoint.boundSockets(),
    found: known.directAddresses(),
  })
}
