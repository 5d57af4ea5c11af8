import type { NodeAddr } from '@aster/rpc-core'
import { addressError, assertNodeAddr, dialableAddress, ENDPOINT_ID } from '../addresses.ts'
import type { Native, NativeAddr, NativeEndpoint } from './native.ts'

/** @throws TransportError (`misuse`) that names the part which is wrong */
export function nativeAddress(iroh: Native, address: NodeAddr): NativeAddr {
  assertNodeAddr(address)
  const { endpointId, relayUrl, addresses } = address
  return new iroh.EndpointAddr(endpointIdOf(iroh, endpointId), relayUrl ?? null, [...addresses])
}

function endpointIdOf(iroh: Native, text: string): InstanceType<Native['EndpointId']> {
  try {
    return iroh.EndpointId.fromString(text)
  } catch {
    throw addressError('endpointId', text, `${ENDPOINT_ID} (this is no point of the curve)`)
  }
}

/** Returns where an endpoint can be dialled. */
export function addressOf(endpoint: NativeEndpoint): NodeAddr {
  const known = endpoint.addr()
  return dialableAddress({
    endpointId: endpoint.id().toString(),
    relayUrl: known.relayUrl() ?? undefined,
    sockets: endpoint.boundSockets(),
    found: known.directAddresses(),
  })
}
