import type { InterceptedCall, Interceptor } from '@aster/rpc-core'
import { epochNow } from '@aster/rpc-core/protocol'
import { Acquisition } from './acquisition.ts'
import { withDeadline } from './deadline.ts'
import { follow } from './follow.ts'
import { Limit } from './limit.ts'
import {
  type CallLimits,
  expectLimits,
  expectLimitsObject,
  LIMIT_KEYS,
  limitsSomething,
  type PeerLimits,
  type ServerLimits,
  type ServiceLimits,
} from './limit-options.ts'
import { limitPeers } from './peer-limit.ts'

/** The limits that the calls of a service share with others, the innermost first. */
interface SharedLimits {
  /** Those of methods without limits of their own. */
  readonly own: readonly Limit[]
  readonly methods: ReadonlyMap<string, readonly Limit[]>
}

/**
 * Limits the calls of a server as a whole, of its services, their methods and each peer. A call beyond a limit is refused with
 * `RESOURCE_EXHAUSTED`, and does not count towards a rate; a call that takes too long ends with `DEADLINE_EXCEEDED`.
 *
 * @throws AsterError for an unknown key or a number out of range, with its path: `limits.services.Echo`
 */
export function callLimits(limits: ServerLimits): Interceptor {
  expectLimits('limits', limits, LIMIT_KEYS.server)
  expectLimitsObject('limits.services', limits.services)
  const outside = someOf(createLimit(limits, 'this server'))
  const services = new Map(
    Object.entries(limits.services ?? {}).map(([name, own]) => [name, shareLimits(name, own, outside)] as const),
  )
  const peerLimit = createPeerLimits(limits.perPeer)

  return async (call, next) => {
    // Places are acquired from the innermost limit outwards, so that a call that waits for its method holds no place of the
    // server meanwhile. The limit of the peer comes first, since calls never wait for it.
    const shared = sharedLimits(call, services) ?? outside
    const own = peerLimit(call)
    const limits = own === undefined ? shared : [own, ...shared]
    if (limits.length === 0) return next(call)
    const acquisition = new Acquisition(call, limits)
    const waiting = acquisition.begin()
    if (waiting !== undefined) await waiting
    let timeoutMs = Infinity
    for (const limit of limits) timeoutMs = Math.min(timeoutMs, limit.timeoutMs)
    const deadline = timeoutMs === Infinity ? Infinity : epochNow() + timeoutMs
    const onSettled = (): void => acquisition.release()
    if (deadline >= (call.deadline ?? Infinity))
      return holdsPlaces(limits) ? follow(call, next, { onSettled }) : next(call)
    const { call: timed, cleanup } = withDeadline(call, Math.round(deadline))
    return follow(timed, next, { onOutcome: cleanup, onSettled })
  }
}

/** Returns the limits of the method, the service and the server of a call; `undefined` if its service has no limits of its own. */
function sharedLimits(
  { service, method }: InterceptedCall,
  services: ReadonlyMap<string, SharedLimits>,
): readonly Limit[] | undefined {
  const known = services.get(service.name)
  return known?.methods.get(method.name) ?? known?.own
}

function holdsPlaces(limits: readonly Limit[]): boolean {
  return limits.some((limit) => limit.hasPlaces)
}

function createLimit(limits: CallLimits | undefined, subject: string): Limit | undefined {
  return limits !== undefined && limitsSomething(limits) ? new Limit(limits, subject) : undefined
}

function shareLimits(name: string, limits: ServiceLimits | undefined, outside: readonly Limit[]): SharedLimits {
  const path = `limits.services.${name}`
  expectLimits(path, limits, LIMIT_KEYS.service)
  expectLimitsObject(`${path}.methods`, limits?.methods)
  const own = [...someOf(createLimit(limits, `service ${name}`)), ...outside]
  const methods = Object.entries(limits?.methods ?? {}).map(([method, inside]) => {
    expectLimits(`${path}.methods.${method}`, inside, LIMIT_KEYS.call)
    return [method, [...someOf(createLimit(inside, `${name}.${method}`)), ...own]] as const
  })
  return { own, methods: new Map(methods) }
}

function someOf(limit: Limit | undefined): readonly Limit[] {
  return limit === undefined ? [] : [limit]
}

function createPeerLimits(limits: PeerLimits | undefined): (call: InterceptedCall) => Limit | undefined {
  expectLimits('limits.perPeer', limits, LIMIT_KEYS.peer)
  return limits !== undefined && limitsSomething(limits) ? limitPeers(limits) : () => undefined
}
