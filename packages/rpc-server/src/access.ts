import { type Peer, type Requirement, RpcError, satisfies, type ServiceDefinition, StatusCode } from '@aster/rpc-core'
import { printable } from '@aster/rpc-core/schema'
import type { ConnectionContext } from './connection-context.ts'
import { callName, type ResolvedCall } from './resolve-call.ts'

/** Milliseconds between two warnings about one peer and one method. */
const WARN_EVERY_MS = 3_600_000

/**
 * Throws unless the peer has the roles that the service and the method require, with the code and the message of
 * quirk 14 of docs/python-0.1.md. Runs before the request is decoded: a caller without the right learns nothing about its type.
 *
 * @throws RpcError `PERMISSION_DENIED`
 */
export function assertAllowed(call: ResolvedCall, connection: ConnectionContext): void {
  const { service, method } = call
  if (service.requires === undefined && method.requires === undefined) return
  if (!isAllowed(service, connection))
    throw refusedError(call, { subject: `service '${service.name}'`, requires: service.requires }, connection)
  if (!isAllowed(method, connection))
    throw refusedError(call, { subject: `method '${callName(call)}'`, requires: method.requires }, connection)
}

/** A service or a method, of which the rule alone is looked at. */
type Ruled = Pick<ServiceDefinition, 'requires'>

/** A rule that a peer does not meet. */
interface UnmetRule {
  /** Names the service or the method that has the rule, as messages do. */
  readonly subject: string
  readonly requires: Requirement | undefined
}

/** Returns whether the peer has the roles that a service requires, or a method beside them. */
export function isAllowed({ requires }: Ruled, { peer }: Pick<ConnectionContext, 'peer'>): boolean {
  return requires === undefined || satisfies(requires, peer.attributes)
}

/** The roles are a part of the peer's credential, of any length. */
function shownRoles({ attributes }: Peer): string | undefined {
  const roles = attributes['aster.role']
  return roles === undefined ? undefined : printable(roles, 400)
}

/** Returns the error of a refused call. Interceptors do not see the call, and so neither do those that log: it is logged here. */
function refusedError(call: ResolvedCall, { subject, requires }: UnmetRule, connection: ConnectionContext): RpcError {
  const { options, notices, peer } = connection
  const name = callName(call)
  if (options.logger !== undefined && notices.isDue(`refused ${name} ${peer.id}`, WARN_EVERY_MS))
    options.logger.warn(
      { call: name, callId: call.callId, peer: peer.id, requires, roles: shownRoles(peer) },
      `a call was refused: no role for ${subject}`,
    )
  return new RpcError(StatusCode.PERMISSION_DENIED, `capability check failed for ${subject}`)
}
