import type { NodeAddr } from '@aster/rpc-core'

/** Returns one address for each endpoint, with all the paths to it, in the order of first mention. */
export function mergeAddresses(addresses: readonly NodeAddr[]): readonly NodeAddr[] {
  const byId = new Map<string, NodeAddr>()
  for (const address of addresses) {
    const known = byId.get(address.endpointId)
    byId.set(address.endpointId, known === undefined ? address : merge(known, address))
  }
  return [...byId.values()]
}

function merge(a: NodeAddr, b: NodeAddr): NodeAddr {
  return {
    endpointId: a.endpointId,
    relayUrl: a.relayUrl ?? b.relayUrl,
    addresses: [...new Set([...a.addresses, ...b.addresses])],
  }
}
