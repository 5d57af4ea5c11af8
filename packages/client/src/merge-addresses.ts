import type { NodeAddr } from '@aster/rpc-core'

/** Returns one address with all paths for each endpoint, in the order in which the endpoints first occur. */
export function mergeAddresses(addresses: readonly NodeAddr[]): readonly NodeAddr[] {
  const byId = new Map<string, NodeAddr>()
  for (const address of addresses) {
    const known = byId.get(address.endpointId)
    byId.set(address.endpointId, known === undefined ? address : mergePaths(known, address))
  }
  return [...byId.values()]
}

/** Returns the address of an endpoint with the paths of `a` and then of `b`, and with the relay of `a` if `a` has one. */
export function mergePaths(a: NodeAddr, b: NodeAddr): NodeAddr {
  const relayUrl = a.relayUrl ?? b.relayUrl
  return {
    endpointId: a.endpointId,
    ...(relayUrl !== undefined && { relayUrl }),
    addresses: [...new Set([...a.addresses, ...b.addresses])],
  }
}
