import type { NodeAddr } from '@aster/rpc-core'
import { formatBase64, parseBase64 } from './base64-text.ts'
import { parseEndpointId } from './endpoint-id.ts'
import { IdentityError, type SourceOptions } from './identity-error.ts'
import { checkRelayUrl } from './relay-url.ts'
import { formatSocketAddress, parseSocketAddress } from './socket-address.ts'

/** Parsed addresses by their strings. The same few are parsed again and again: those of the options and of each answer of a producer. */
const parsed = new Map<string, NodeAddr>()
/** The number of addresses at which `parsed` is emptied. */
const MAX_PARSED = 64
/** The length of the longest text that is kept. */
const MAX_TEXT = 2_048

/**
 * Parses base64 of lines: the endpoint id, the relay URL or an empty line, and one `ip:port` or `[v6]:port` for each address.
 * Empty address lines are skipped, and the relay line may be missing.
 *
 * @throws IdentityError if `text` is not a NodeAddr
 */
export function parseNodeAddr(text: string, options: SourceOptions = {}): NodeAddr {
  const known = parsed.get(text)
  if (known !== undefined) return known
  const address = parseLines(text, options)
  if (text.length > MAX_TEXT) return address
  if (parsed.size === MAX_PARSED) parsed.clear()
  parsed.set(text, address)
  return address
}

function parseLines(text: string, options: SourceOptions): NodeAddr {
  const bytes = parseBase64(text, 'address', options)
  const [id = '', relayUrl = '', ...addresses] = linesOf(bytes, options)
  // Frozen, because callers share the result.
  return Object.freeze({
    endpointId: parseEndpointId(id, options),
    ...(relayUrl !== '' && { relayUrl: checkRelayUrl(relayUrl, options) }),
    addresses: Object.freeze(
      addresses.filter((line) => line !== '').map((line) => formatSocketAddress(parseSocketAddress(line, options))),
    ),
  })
}

function linesOf(bytes: Uint8Array, { source }: SourceOptions): string[] {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes).split('\n')
  } catch {
    const found = `${bytes.length} bytes that are not UTF-8`
    throw new IdentityError({ field: 'address', source, expected: 'base64 of UTF-8 lines', found })
  }
}

/**
 * Returns base64 of the lines of a NodeAddr: `id LF relay LF addr LF addr`.
 *
 * @throws IdentityError if a part is ill-formed
 */
export function formatNodeAddr({ endpointId, relayUrl, addresses }: NodeAddr): string {
  const relay = relayUrl ? checkRelayUrl(relayUrl) : ''
  const lines = addresses.map((address) => formatSocketAddress(parseSocketAddress(address)))
  return formatBase64(new TextEncoder().encode(`${parseEndpointId(endpointId)}\n${relay}\n${lines.join('\n')}`))
}
