import { formatTicket, IdentityError } from '@aster/identity'
import type { NodeAddr } from '@aster/rpc-core'

/** The largest number of direct addresses in a ticket. */
const MAX_ADDRESSES = 15

/**
 * Returns the ticket of an endpoint. A ticket cannot contain a relay URL and has at most 256 bytes; if the addresses do not
 * fit, the ticket contains the first of them.
 */
export function formatEndpointTicket({ endpointId, addresses }: NodeAddr): string {
  for (let count = Math.min(addresses.length, MAX_ADDRESSES); ; count--) {
    try {
      return formatTicket({ endpointId, addresses: addresses.slice(0, count) })
    } catch (error) {
      if (count === 0 || !(error instanceof IdentityError)) throw error
    }
  }
}
