import { base58 } from '@scure/base'
import type { NodeAddr } from '@aster/rpc-core'
import { describeLength, isBytes, quoted } from '@aster/rpc-core/schema'
import { ByteReader } from './byte-reader.ts'
import { endpointIdOfBytes, parseEndpointId } from './endpoint-id.ts'
import { bytesOfHex } from './hex.ts'
import { IdentityError, type SourceOptions } from './identity-error.ts'
import { formatSocketAddress, parseSocketAddress, type SocketAddress } from './socket-address.ts'

export const TICKET_PREFIX = 'aster1'
const VERSION = 1
/** The largest number of bytes of a ticket, before the encoding in base58. */
const MAX_BYTES = 256
/** The largest number of direct addresses in a ticket. */
const MAX_ADDRESSES = 15
/** The largest number of bytes of the credential in a ticket. */
const MAX_PAYLOAD = 220
/**
 * The largest number of base58 digits of a ticket, enough for 256 bytes. Longer strings are refused before base58 decodes them
 * in quadratic time.
 */
const MAX_DIGITS = 350
const CREDENTIAL_TYPES = ['open', 'consumer_rcan', 'enrollment', 'registry_read'] as const

/** The credential in a ticket. The data of `registry_read` is a namespace of 32 bytes; `open` has no data. */
export type TicketCredential =
  | { readonly type: 'open' }
  | { readonly type: 'consumer_rcan' | 'enrollment' | 'registry_read'; readonly data: Uint8Array }

/** The content of an `aster1…` ticket, which has no room for a relay URL. */
export interface Ticket extends Omit<NodeAddr, 'relayUrl'> {
  /** The relay as `ip:port` or `[v6]:port`. */
  readonly relay?: string | undefined
  /** The credential in the ticket. */
  readonly credential?: TicketCredential | undefined
}

/**
 * Parses an `aster1…` ticket.
 *
 * @throws IdentityError if `text` is not such a ticket
 */
export function parseTicket(text: string, { source }: SourceOptions = {}): Ticket {
  const ticketError = (expected: string, found: string) =>
    new IdentityError({ field: 'ticket', source, expected, found })
  const reader = new ByteReader(bytesOfTicket(text, ticketError), (part) => ticketError(part, 'the end of the ticket'))
  const id = reader.take(32, 'an endpoint id of 32 bytes')
  const header = reader.u8('a version')
  if (header >> 4 !== VERSION) throw ticketError(`version ${VERSION}`, `version ${header >> 4}`)
  const relay = readAddress(reader, ((header >> 2) & 3) - 1, 'relay')
  const addresses = readAddresses(reader)
  const credential = reader.remaining === 0 ? undefined : readCredential(reader)
  if (reader.remaining > 0) throw ticketError('its end', `${reader.remaining} more bytes`)
  return {
    endpointId: endpointIdOfBytes(id, { source }),
    addresses,
    ...(relay !== undefined && { relay }),
    ...(credential && { credential }),
  }

  function readAddress(reader: ByteReader, kind: number, what: string): string | undefined {
    if (kind === -1) return undefined
    if (kind > 1) throw ticketError(`an IPv4 or IPv6 ${what}`, `${what} kind ${kind}`)
    return formatSocketAddress({
      ip: reader.take(kind === 0 ? 4 : 16, `the IP of the ${what}`),
      port: reader.u16(`the port of the ${what}`),
    })
  }

  function readAddresses(reader: ByteReader): string[] {
    const count = reader.u8('the number of addresses') >> 4
    const kinds = reader.take(Math.ceil(count / 4), 'the kinds of the addresses')
    return Array.from({ length: count }, (_, index) => {
      const kind = (kinds[index >> 2]! >> (6 - 2 * (index & 3))) & 3
      return readAddress(reader, kind, 'address')!
    })
  }

  function readCredential(reader: ByteReader): TicketCredential {
    const code = reader.u8('a credential')
    const type = CREDENTIAL_TYPES[code]
    const length = reader.u16('the length of the credential')
    if (type === undefined) throw ticketError('a credential type from 0 to 3', `credential type ${code}`)
    if (length > MAX_PAYLOAD) throw ticketError(`a credential of at most ${MAX_PAYLOAD} bytes`, `${length} bytes`)
    const data = reader.take(length, `a credential of ${length} bytes`)
    if (type === 'open') return { type }
    if (type === 'registry_read' && length !== 32)
      throw ticketError('a registry_read credential of 32 bytes', `${length} bytes`)
    return { type, data }
  }
}

function bytesOfTicket(text: string, ticketError: (expected: string, found: string) => IdentityError): Uint8Array {
  if (!text.startsWith(TICKET_PREFIX))
    throw ticketError(`a string that begins with ${TICKET_PREFIX}`, describeLength(text))
  const digits = text.slice(TICKET_PREFIX.length)
  if (digits.length > MAX_DIGITS) throw ticketError(`at most ${MAX_BYTES} bytes`, describeLength(text))
  const foreign = /[^1-9A-HJ-NP-Za-km-z]/u.exec(digits)
  if (foreign) throw ticketError('base58', `the character ${quoted(foreign[0])}`)
  const bytes = base58.decode(digits)
  if (bytes.length > MAX_BYTES) throw ticketError(`at most ${MAX_BYTES} bytes`, `${bytes.length} bytes`)
  return bytes
}

/**
 * Returns an `aster1…` ticket. The relay URL of a `NodeAddr` is left out, since a ticket has no room for one.
 *
 * @throws IdentityError if there are more than 15 addresses, if the ticket is longer than 256 bytes (12 IPv6 addresses fit),
 *   or if a part is ill-formed
 */
export function formatTicket(ticket: NodeAddr | Ticket): string {
  const { endpointId, addresses, relay, credential }: Ticket = ticket
  const ticketError = (expected: string, found: string) => new IdentityError({ field: 'ticket', expected, found })
  if (addresses.length > MAX_ADDRESSES) throw ticketError(`at most ${MAX_ADDRESSES} addresses`, `${addresses.length}`)
  const relayAddress = relay === undefined ? undefined : parseSocketAddress(relay, { field: 'relay' })
  const sockets = addresses.map((address) => parseSocketAddress(address))
  const kinds = new Uint8Array(Math.ceil(sockets.length / 4))
  for (const [index, { ip }] of sockets.entries()) {
    if (ip.length === 16) kinds[index >> 2]! |= 1 << (6 - 2 * (index & 3))
  }
  const bytes = [
    ...bytesOfHex(parseEndpointId(endpointId)),
    (VERSION << 4) | ((relayAddress === undefined ? 0 : relayAddress.ip.length === 4 ? 1 : 2) << 2),
    ...(relayAddress ? bytesOfSocket(relayAddress) : []),
    sockets.length << 4,
    ...kinds,
    ...sockets.flatMap(bytesOfSocket),
    ...(credential ? bytesOfCredential(credential, ticketError) : []),
  ]
  if (bytes.length > MAX_BYTES) throw ticketError(`at most ${MAX_BYTES} bytes`, `${bytes.length} bytes`)
  return TICKET_PREFIX + base58.encode(Uint8Array.from(bytes))
}

const u16 = (value: number) => [value >> 8, value & 0xff]

const bytesOfSocket = ({ ip, port }: SocketAddress): number[] => [...ip, ...u16(port)]

function bytesOfCredential(
  credential: TicketCredential,
  ticketError: (expected: string, found: string) => IdentityError,
): number[] {
  const code = CREDENTIAL_TYPES.indexOf(credential.type)
  if (code < 0) throw ticketError(`a credential of type ${CREDENTIAL_TYPES.join(', ')}`, 'another')
  const data = credential.type === 'open' ? new Uint8Array() : credential.data
  if (!isBytes(data)) throw ticketError(`bytes in a ${credential.type} credential`, typeof data)
  if (credential.type === 'registry_read' && data.length !== 32) {
    throw ticketError('a registry_read credential of 32 bytes', `${data.length} bytes`)
  }
  if (data.length > MAX_PAYLOAD)
    throw ticketError(`a credential of at most ${MAX_PAYLOAD} bytes`, `${data.length} bytes`)
  return [code, ...u16(data.length), ...data]
}
