import type { NodeAddr } from '@aster/rpc-core'

/** Returns one address for each endpoint, with all the paths to it, in the order of first mention. */
export function mergeAddresses(addresses: readonly NodeAddr[]): readonly NodeAddr[] {
  const byId = new Map<string, NodeAddr>()
  for (const address of addresses) {
    const known = byId.get(address.endpointId)
    byId.set(address.endpointId, known === undefined ? address : mergePaths(known, address))
  }
  return [...byId.values()]
}

/** Returns the address of the endpoint with the paths of both, those of `a` first; its relay if it has one. */
export function mergePaths(a: NodeAddr, b: NodeAddr): NodeAddr {
  const relayUrl = a.relayUrl ?? b.relayUrl
  return {
    endpointId: a.endpointId,
    ...(relayUrl !== undefined && { relayUrl }),
    addresses: [...new Set([...a.addresses, ...b.addresses])],
  }
}
