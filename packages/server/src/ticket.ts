import { formatTicket, IdentityError } from '@aster/identity'
import type { NodeAddr } from '@aster/rpc-core'

/** The most direct addresses of a ticket. */
const MAX_ADDRESSES = 15

/** Formats the ticket of an endpoint. It has no room for a relay URL, nor for more than 256 bytes: of too many addresses it holds the first. */
export function formatEndpointTicket({ endpointId, addresses }: NodeAddr): string {
  for (let count = Math.min(addresses.length, MAX_ADDRESSES); ; count--) {
    try {
      return formatTicket({ endpointId, addresses: addresses.slice(0, count) })
    } catch (error) {
      if (count === 0 || !(error instanceof IdentityError)) throw error
    }
  }
}
