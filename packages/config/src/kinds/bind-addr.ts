import { isIPv4, isIPv6 } from 'node:net'
import * as v from 'valibot'
import type { Kind } from './kind.ts'

const expected = 'ip:port or [ipv6]:port, port 0 for any'

/** A local address to bind to. */
export function bindAddr(): Kind<string> {
  const schema = v.pipe(v.string(expected), v.trim(), v.check(isSocketAddress, expected))
  return { type: '`ip:port`', text: schema, value: schema }
}

function isSocketAddress(text: string): boolean {
  const [, v6, v4, port] = /^(?:\[([^\]%]+)\]|([^:]+)):(\d{1,5})$/.exec(text) ?? []
  if (port === undefined || Number(port) > 0xffff) return false
  return v6 === undefined ? isIPv4(v4 ?? '') : isIPv6(v6)
}
