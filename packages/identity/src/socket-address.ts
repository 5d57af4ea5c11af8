import { quoted } from '@aster/rpc-core/schema'
import { IdentityError, type SourceOptions } from './identity-error.ts'
import { formatIpv6, parseIpv4, parseIpv6 } from './ipv6.ts'

/** An IP address and a port. */
export interface SocketAddress {
  /** The IP address: 4 bytes, or 16 for IPv6. */
  readonly ip: Uint8Array
  /** The port, 0 to 65535. */
  readonly port: number
}

/**
 * Parses `ip:port` or `[v6]:port`. A numeric scope id (`%3`) is ignored.
 *
 * @throws IdentityError if `text` has another form
 */
export function parseSocketAddress(
  text: string,
  { source, field = 'address' }: SourceOptions & { field?: string } = {},
): SocketAddress {
  const match = /^(?:\[(?<v6>[0-9a-f:.]+)(?:%(?<scope>\d+))?\]|(?<v4>[\d.]+)):0*(?<port>\d{1,5})$/i.exec(text)
  const { v4, v6, scope = '0', port } = match?.groups ?? {}
  const ip = v6 === undefined ? parseIpv4(v4 ?? '') : parseIpv6(v6)
  if (ip && Number(port) <= 0xffff && Number(scope) <= 0xffff_ffff) return { ip, port: Number(port) }
  throw new IdentityError({ field, source, expected: 'ip:port or [v6]:port', found: quoted(text) })
}

/** Returns an address as `ip:port` or `[v6]:port`. */
export function formatSocketAddress({ ip, port }: SocketAddress): string {
  return ip.length === 4 ? `${ip.join('.')}:${port}` : `[${formatIpv6(ip)}]:${port}`
}
