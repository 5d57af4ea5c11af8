import type { NodeAddr } from '@aster/rpc-core'
import { formatBase64, parseBase64 } from './base64-text.ts'
import { parseEndpointId } from './endpoint-id.ts'
import { IdentityError, type SourceOptions } from './identity-error.ts'
import { checkRelayUrl } from './relay-url.ts'
import { formatSocketAddress, parseSocketAddress } from './socket-address.ts'

/**
 * Reads base64 of the lines `id`, relay URL or empty, and one `ip:port` or `[v6]:port` each. Empty address lines are
 * skipped, the relay line may be missing. Throws `IdentityError`.
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

/** Writes base64 of `id LF relay LF addr LF addr`. Throws `IdentityError` where a part is ill-formed. */
export function formatNodeAddr({ endpointId, relayUrl, addresses }: NodeAddr): string {
  const relay = relayUrl ? checkRelayUrl(relayUrl) : ''
  const lines = addresses.map((address) => formatSocketAddress(parseSocketAddress(address)))
  return formatBase64(new TextEncoder().encode(`${parseEndpointId(endpointId)}\n${relay}\n${lines.join('\n')}`))
}
