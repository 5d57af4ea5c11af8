import { base32nopad } from '@scure/base'
import type { NodeAddr } from '@aster/rpc-core'
import { describeLength } from '@aster/rpc-core/schema'
import { ByteReader } from './byte-reader.ts'
import { endpointIdOfBytes, parseEndpointId } from './endpoint-id.ts'
import { bytesOfHex, hexOfBytes } from './hex.ts'
import { IdentityError, type SourceOptions } from './identity-error.ts'
import { checkRelayUrl } from './relay-url.ts'
import { formatSocketAddress, parseSocketAddress, type SocketAddress } from './socket-address.ts'

export const IROH_TICKET_PREFIX = 'endpoint'

/**
 * Parses a ticket of iroh (`endpoint…`). Like iroh, it accepts the body in any case, ignores bytes behind the end, sorts the
 * addresses, removes duplicates, and keeps the last of several relays.
 *
 * @throws IdentityError if `text` is not such a ticket
 */
export function parseIrohTicket(text: string, { source }: SourceOptions = {}): NodeAddr {
  const ticketError = (expected: string, found: string) =>
    new IdentityError({ field: 'iroh ticket', source, expected, found })
  const reader = new ByteReader(bytesOfTicket(text, ticketError), (part) => ticketError(part, 'the end of the ticket'))
  const variant = reader.u8('a variant')
  if (variant !== 0) throw ticketError('variant 0', `variant ${variant}`)
  const endpointId = endpointIdOfBytes(reader.take(32, 'an endpoint id of 32 bytes'), { source })
  const sockets: SocketAddress[] = []
  let relayUrl: string | undefined
  for (let count = varint(2 ** 32, 'the number of addresses'); count > 0; count--) {
    const kind = reader.u8('an address')
    if (kind === 0) relayUrl = readRelay()
    else if (kind === 1) sockets.push(readSocket())
    else throw ticketError('a relay or an IP address', `address kind ${kind}`)
  }
  return { endpointId, ...(relayUrl !== undefined && { relayUrl }), addresses: sortedTexts(sockets) }

  function varint(max: number, part: string): number {
    const value = reader.varint(max, part)
    if (value === undefined) throw ticketError(part, `a number above ${max}`)
    return value
  }

  function readRelay(): string {
    const bytes = reader.take(varint(2 ** 32, 'the length of the relay URL'), 'a relay URL')
    // Bytes that are not UTF-8 become U+FFFD, which is refused.
    const url = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes)
    return checkRelayUrl(url.includes('\u{FFFD}') ? '' : url, { source })
  }

  function readSocket(): SocketAddress {
    const kind = reader.u8('the kind of an IP address')
    if (kind > 1) throw ticketError('an IPv4 or IPv6 address', `IP kind ${kind}`)
    return { ip: reader.take(kind === 0 ? 4 : 16, 'an IP address'), port: varint(0xffff, 'a port') }
  }
}

function bytesOfTicket(text: string, ticketError: (expected: string, found: string) => IdentityError): Uint8Array {
  if (!text.startsWith(IROH_TICKET_PREFIX))
    throw ticketError(`a string that begins with ${IROH_TICKET_PREFIX}`, describeLength(text))
  const digits = text.slice(IROH_TICKET_PREFIX.length)
  if (/^[a-z2-7]*$/i.test(digits)) {
    try {
      return base32nopad.decode(digits.toUpperCase())
    } catch {
      // The length is impossible, or bits are left over. The error is thrown below.
    }
  }
  throw ticketError('base32 in lower case without padding', `${describeLength(digits)} that is not base32`)
}

/**
 * Returns a ticket of iroh. The addresses are sorted, and duplicates are removed.
 *
 * @throws IdentityError if a part is ill-formed
 */
export function formatIrohTicket({ endpointId, relayUrl, addresses }: NodeAddr): string {
  const sockets = sortedTexts(addresses.map((address) => parseSocketAddress(address))).map((text) =>
    parseSocketAddress(text),
  )
  const relay = relayUrl ? new TextEncoder().encode(checkRelayUrl(relayUrl)) : undefined
  const bytes = [
    0,
    ...bytesOfHex(parseEndpointId(endpointId)),
    ...varintBytes(sockets.length + (relay ? 1 : 0)),
    ...(relay ? [0, ...varintBytes(relay.length), ...relay] : []),
    ...sockets.flatMap(({ ip, port }) => [1, ip.length === 4 ? 0 : 1, ...ip, ...varintBytes(port)]),
  ]
  return IROH_TICKET_PREFIX + base32nopad.encode(Uint8Array.from(bytes)).toLowerCase()
}

/** Returns the addresses as strings: IPv4 before IPv6, then sorted by address and port. */
function sortedTexts(sockets: readonly SocketAddress[]): string[] {
  const key = ({ ip, port }: SocketAddress) =>
    `${ip.length === 4 ? '4' : '6'}${hexOfBytes(ip)}${port.toString(16).padStart(4, '0')}`
  const byKey = new Map(sockets.map((socket) => [key(socket), formatSocketAddress(socket)]))
  return [...byKey].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, text]) => text)
}

function varintBytes(value: number): number[] {
  return value < 0x80 ? [value] : [(value % 0x80) | 0x80, ...varintBytes(Math.floor(value / 0x80))]
}
