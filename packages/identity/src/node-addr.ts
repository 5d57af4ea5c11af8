import type { NodeAddr } from '@aster/rpc-core'
import { formatBase64, parseBase64 } from './base64-text.ts'
import { parseEndpointId } from './endpoint-id.ts'
import { IdentityError, type SourceOptions } from './identity-error.ts'
import { checkRelayUrl } from './relay-url.ts'
import { formatSocketAddress, parseSocketAddress } from './socket-address.ts'

/**
 * Parses base64 of lines: the endpoint id, the relay URL or an empty line, and one `ip:port` or `[v6]:port` for each address.
 * Empty address lines are skipped, and the relay line may be missing.
 *
 * @throws IdentityError if `text` is not a NodeAddr
 */
export function parseNodeAddr(text: string, options: SourceOptions = {}): NodeAddr {
  const bytes = parseBase64(text, 'address', options)
  const [id = '', relayUrl = '', ...addresses] = linesOf(bytes, options)
  return {
    endpointId: parseEndpointId(id, options),
    ...(relayUrl !== '' && { relayUrl: checkRelayUrl(relayUrl, options) }),
    addresses: addresses
      .filter((line) => line !== '')
      .map((line) => formatSocketAddress(parseSocketAddress(line, options))),
  }
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
