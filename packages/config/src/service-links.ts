import { quoted } from '@aster/rpc-core/schema'

/** What Kubernetes, and Docker with links, name a service by: `…_SERVICE_HOST`, `…_PORT_80_TCP_ADDR`. */
const NAMES = /_SERVICE_HOST$|_SERVICE_PORT(_\w+)?$|_PORT_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?$/i

/** The value of `…_PORT`, whose name alone may be that of a setting. */
const VALUE = /^(tcp|udp|sctp):\/\//i

/** Whether Kubernetes sets such a variable in every container beside a Service, here one whose name begins with `aster`. */
export function isServiceLink(variable: string, value: unknown): boolean {
  return NAMES.test(variable) || (typeof value === 'string' && VALUE.test(value))
}

/** Returns the sentence for all variables that are ignored for it. */
export function serviceLinksNote(variables: readonly string[]): string {
  const [first = '', ...rest] = [...variables].sort()
  const names = rest.length === 0 ? quoted(first) : `${quoted(first)} and ${rest.length} more`
  return `${names}: set by Kubernetes for a Service, and ignored`
}
