import { type Peer, type Requirement, RpcError, satisfies, type ServiceDefinition, StatusCode } from '@aster/rpc-core'
import { printable } from '@aster/rpc-core/schema'
import type { ConnectionContext } from './connection-context.ts'
import { callName, type ResolvedCall } from './resolve-call.ts'

/** The shortest time between two warnings about one peer and one method, in milliseconds. */
const WARN_EVERY_MS = 3_600_000

/**
 * Throws unless the peer has the roles that the service and the method require. Call it before the request is decoded, so that a
 * refused caller learns nothing about the type of the request.
 *
 * @throws RpcError `PERMISSION_DENIED` with the message of Python producers (quirk 14 of docs/python-0.1.md)
 */
export function assertAllowed(call: ResolvedCall, connection: ConnectionContext): void {
  const { service, method } = call
  if (service.requires === undefined && method.requires === undefined) return
  if (!isAllowed(service, connection))
    throw refusedError(call, { subject: `service '${service.name}'`, requires: service.requires }, connection)
  if (!isAllowed(method, connection))
    throw refusedError(call, { subject: `method '${callName(call)}'`, requires: method.requires }, connection)
}

/** The rule of a service or method. */
type Ruled = Pick<ServiceDefinition, 'requires'>

/** A rule that the peer does not meet. */
interface UnmetRule {
  /** The service or method with the rule, as messages name it. */
  readonly subject: string
  readonly requires: Requirement | undefined
}

/** Returns whether the peer has the roles that a service or method itself requires. */
export function isAllowed({ requires }: Ruled, { peer }: Pick<ConnectionContext, 'peer'>): boolean {
  return requires === undefined || satisfies(requires, peer.attributes)
}

/** Returns the roles of a peer for the log. They are cut, since a credential may hold roles of any length. */
function shownRoles({ attributes }: Peer): string | undefined {
  const roles = attributes['aster.role']
  return roles === undefined ? undefined : printable(roles, 400)
}

/** Returns the error of a refused call, and logs it, since interceptors that log do not see the call. */
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
