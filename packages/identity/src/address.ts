import type { NodeAddr } from '@aster/rpc-core'
import { describeLength } from '@aster/rpc-core/schema'
import { parseEndpointId } from './endpoint-id.ts'
import { IdentityError, type SourceOptions } from './identity-error.ts'
import { IROH_TICKET_PREFIX, parseIrohTicket } from './iroh-ticket.ts'
import { parseNodeAddr } from './node-addr.ts'
import { parseTicket, TICKET_PREFIX } from './ticket.ts'

/**
 * Parses the address of a producer: a ticket (`aster1…`), a ticket of iroh (`endpoint…`), an endpoint id of 64 hex digits, or
 * base64 of a NodeAddr or of a bare id. White space around the address is ignored. The relay and the credential of a ticket are
 * left out; `parseTicket` returns them.
 *
 * @throws IdentityError if `text` is not an address
 */
export function parseAddress(text: string, options: SourceOptions = {}): NodeAddr {
  const trimmed = text.trim()
  if (trimmed.startsWith(TICKET_PREFIX)) {
    const { endpointId, addresses } = parseTicket(trimmed, options)
    return { endpointId, addresses }
  }
  if (trimmed.startsWith(IROH_TICKET_PREFIX)) return parseIrohTicket(trimmed, options)
  if (/^[0-9a-f]{64}$/i.test(trimmed)) return { endpointId: parseEndpointId(trimmed, options), addresses: [] }
  // A NodeAddr has at least the 64 digits of an id; base64 may be wrapped.
  if (!/^[\w+/-]{86,}=*$/.test(trimmed.replace(/\s+/g, ''))) {
    const expected = 'a ticket (aster1… or endpoint…), an endpoint id of 64 hex digits, or base64 of a NodeAddr'
    throw new IdentityError({ field: 'address', source: options.source, expected, found: describeLength(trimmed) })
  }
  return parseNodeAddr(trimmed, options)
}
