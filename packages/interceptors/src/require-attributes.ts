import { AsterError, type InterceptedCall, type Interceptor, type Peer, RpcError, StatusCode } from '@aster/rpc-core'
import { callName, expectSide } from './call-facts.ts'

/**
 * The condition that a peer must meet: names of attributes of its credential, each with the required value or a list of
 * allowed values, or a function that decides. Values are compared as a whole: `ops` does not match the `ops,dev` of a peer
 * with two roles.
 */
export type AttributeRule =
  | Readonly<Record<string, string | readonly string[]>>
  | ((peer: Peer, call: InterceptedCall) => boolean | Promise<boolean>)

/**
 * Refuses the calls of peers that lack one of the attributes: `requireAttributes({ 'aster.role': 'ops' })`. The code is
 * `PERMISSION_DENIED`, or `UNAUTHENTICATED` if the peer has no attributes at all. For servers.
 *
 * The value of an attribute is compared whole, a list of roles in `aster.role` included. For rules about roles, use the option
 * `requires` of services and methods, or `satisfies` of `@aster/rpc-core` in a function.
 *
 * @throws AsterError for a rule without attributes
 */
export function requireAttributes(rule: AttributeRule): Interceptor {
  if (typeof rule !== 'function' && Object.keys(rule).length === 0)
    throw new AsterError('requireAttributes: expected at least one attribute')
  return async (call, next) => {
    expectSide(call, 'server', 'requireAttributes')
    const { peer } = call
    if (typeof rule === 'function' ? await rule(peer, call) : hasAll(peer, rule)) return next(call)
    if (Object.keys(peer.attributes).length === 0) {
      throw new RpcError(
        StatusCode.UNAUTHENTICATED,
        `${callName(call)} needs a credential, and the peer was admitted without one`,
      )
    }
    const names = typeof rule === 'function' ? '' : ` (looked at: ${Object.keys(rule).join(', ')})`
    throw new RpcError(
      StatusCode.PERMISSION_DENIED,
      `${callName(call)} is not allowed to a peer with these attributes${names}`,
    )
  }
}

function hasAll({ attributes }: Peer, rule: Readonly<Record<string, string | readonly string[]>>): boolean {
  return Object.entries(rule).every(([name, wanted]) => {
    const value = Object.hasOwn(attributes, name) ? attributes[name] : undefined
    return value !== undefined && (typeof wanted === 'string' ? value === wanted : wanted.includes(value))
  })
}
