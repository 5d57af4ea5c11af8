import type { NodeAddr, Transport } from '@aster/rpc-core'

/** A transport with relays also tells whether they are enabled. */
interface WithRelays {
  readonly usesRelays?: boolean | undefined
}

/**
 * Returns what is known of the relay of this side: whether the transport has reached one, or has none by choice; `undefined`
 * for a transport that tells nothing of relays.
 */
export function ownRelayState(transport: Transport & WithRelays): 'reached' | 'not reached' | 'disabled' | undefined {
  const { usesRelays } = transport
  // The address is asked of the addon.
  if (usesRelays === false) return 'disabled'
  if (transport.localAddress.relayUrl !== undefined) return 'reached'
  return usesRelays === undefined ? undefined : 'not reached'
}

/** Whether an address names paths, and no relay among them. An endpoint id alone is looked up, with its relay. */
export function lacksRelay({ addresses, relayUrl }: NodeAddr): boolean {
  return relayUrl === undefined && addresses.length > 0
}
