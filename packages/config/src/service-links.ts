import { quoted } from '@aster/rpc-core/schema'

/** The names of variables that Kubernetes, and Docker with links, set for a service: `…_SERVICE_HOST`, `…_PORT_80_TCP_ADDR`. */
const NAMES = /_SERVICE_HOST$|_SERVICE_PORT(_\w+)?$|_PORT_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?$/i

/** The form of the value of `…_PORT`, since its name alone may be that of a setting. */
const VALUE = /^(tcp|udp|sctp):\/\//i

/**
 * Returns whether a variable is one that Kubernetes sets in every container for a Service, here one whose name begins with
 * `aster`.
 */
export function isServiceLink(variable: string, value: unknown): boolean {
  return NAMES.test(variable) || (typeof value === 'string' && VALUE.test(value))
}

/** Returns the note about all ignored variables of Services. */
export function serviceLinksNote(variables: readonly string[]): string {
  const [first = '', ...rest] = [...variables].sort()
  const names = rest.length === 0 ? quoted(first) : `${quoted(first)} and ${rest.length} more`
  return `${names}: set by Kubernetes for a Service, and ignored`
}
