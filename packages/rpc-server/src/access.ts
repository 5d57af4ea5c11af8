import { RpcError, satisfies, type ServiceDefinition, StatusCode } from '@aster/rpc-core'
import type { ConnectionContext } from './connection-context.ts'
import { callName, type ResolvedCall } from './resolve-call.ts'

/** Milliseconds between two warnings about one peer and one method. */
const WARN_EVERY_MS = 3_600_000

/**
 * Throws unless the peer has the roles that the service and the method require, with the code and the text of Python. Belongs
 * before the request is decoded: a caller without the right learns nothing about its type.
 *
 * @throws RpcError `PERMISSION_DENIED`
 */
export function assertAllowed(call: ResolvedCall, connection: ConnectionContext): void {
  const { service, method } = call
  if (service.requires === undefined && method.requires === undefined) return
  if (!isAllowed(service, connection)) throw refusedError(call, `service '${service.name}'`, connection)
  if (!isAllowed(method, connection)) throw refusedError(call, `method '${callName(call)}'`, connection)
}

/** Returns whether the peer has the roles that a service requires, or a method beside them. */
export function isAllowed(
  { requires }: Pick<ServiceDefinition, 'requires'>,
  { peer }: Pick<ConnectionContext, 'peer'>,
): boolean {
  return requires === undefined || satisfies(requires, peer.attributes)
}

/** Returns the error of a refused call. Interceptors do not see the call, and so neither do those that log: it is logged here. */
function refusedError(call: ResolvedCall, subject: string, { options, notices, peer }: ConnectionContext): RpcError {
  const name = callName(call)
  if (options.logger !== undefined && notices.isDue(`refused ${name} ${peer.id}`, WARN_EVERY_MS))
    options.logger.warn(
      { call: name, callId: call.callId, peer: peer.id },
      `a call was refused: no role for ${subject}`,
    )
  return new RpcError(StatusCode.PERMISSION_DENIED, `capability check failed for ${subject}`)
}
