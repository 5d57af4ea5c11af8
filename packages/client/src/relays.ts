import type { NodeAddr, Transport } from '@aster/rpc-core'

/** The property of a transport with relays that tells whether they are enabled. */
interface WithRelays {
  readonly usesRelays?: boolean | undefined
}

/**
 * Returns whether the transport of this side has reached a relay, or uses none. Returns `undefined` if the transport does not
 * report its relays.
 */
export function ownRelayState(transport: Transport & WithRelays): 'reached' | 'not reached' | 'disabled' | undefined {
  const { usesRelays } = transport
  // Checked first, because reading the address calls the addon.
  if (usesRelays === false) return 'disabled'
  if (transport.localAddress.relayUrl !== undefined) return 'reached'
  return usesRelays === undefined ? undefined : 'not reached'
}

/** Returns true if an address has paths but no relay. An endpoint id without paths is looked up, which finds the relay. */
export function lacksRelay({ addresses, relayUrl }: NodeAddr): boolean {
  return relayUrl === undefined && addresses.length > 0
}
