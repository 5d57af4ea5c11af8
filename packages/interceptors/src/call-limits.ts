import type { InterceptedCall, Interceptor } from '@aster/rpc-core'
import { epochNow } from '@aster/rpc-core/protocol'
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
import type { Share } from './share.ts'
import { limitPeers } from './peer-limit.ts'

/** The place of a call in a limit. */
interface HeldPlace {
  readonly limit: Limit
  readonly share: Share | undefined
}

/** The state of the limits of a service and of its methods. */
interface ServiceLimit {
  readonly own: Limit | undefined
  readonly methods: ReadonlyMap<string, Limit | undefined>
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
  const server = createLimit(limits, 'this server')
  const services = new Map(
    Object.entries(limits.services ?? {}).map(([name, own]) => [name, createServiceLimit(name, own)] as const),
  )
  const peerLimit = createPeerLimits(limits.perPeer)

  return async (call, next) => {
    const service = services.get(call.service.name)
    // Places are acquired from the innermost limit outwards, so that a call that waits for its method holds no place of the
    // server meanwhile. The limit of the peer comes first, since calls never wait for it.
    const inside = [service?.methods.get(call.method.name), service?.own, server]
    const all = [peerLimit(call), ...inside].filter((limit) => limit !== undefined)
    if (all.length === 0) return next(call)
    const held = await acquireAll(call, all)
    const deadline = epochNow() + Math.min(...all.map(({ timeoutMs }) => timeoutMs))
    const isTimed = deadline < (call.deadline ?? Infinity)
    if (!isTimed && held.length === 0) return next(call)
    const { call: timed, cleanup } = isTimed ? withDeadline(call, Math.round(deadline)) : { call }
    return follow(timed, next, { onOutcome: cleanup, onSettled: () => releaseAll(held) })
  }
}

function createLimit(limits: CallLimits | undefined, subject: string): Limit | undefined {
  return limits !== undefined && limitsSomething(limits) ? new Limit(limits, subject) : undefined
}

function createServiceLimit(name: string, limits: ServiceLimits | undefined): ServiceLimit {
  const path = `limits.services.${name}`
  expectLimits(path, limits, LIMIT_KEYS.service)
  expectLimitsObject(`${path}.methods`, limits?.methods)
  const methods = Object.entries(limits?.methods ?? {}).map(([method, own]) => {
    expectLimits(`${path}.methods.${method}`, own, LIMIT_KEYS.call)
    return [method, createLimit(own, `${name}.${method}`)] as const
  })
  return { own: createLimit(limits, `service ${name}`), methods: new Map(methods) }
}

function createPeerLimits(limits: PeerLimits | undefined): (call: InterceptedCall) => Limit | undefined {
  expectLimits('limits.perPeer', limits, LIMIT_KEYS.peer)
  return limits !== undefined && limitsSomething(limits) ? limitPeers(limits) : () => undefined
}

/** Acquires a place of every limit, or of none if one refuses. Returns the places that the call holds, for `releaseAll`. */
async function acquireAll(call: InterceptedCall, limits: readonly Limit[]): Promise<readonly HeldPlace[]> {
  let paid = 0
  const held: HeldPlace[] = []
  try {
    for (const limit of limits) {
      limit.pay(call)
      paid++
    }
    for (const limit of limits) {
      if (!limit.hasPlaces) continue
      held.push({ limit, share: await limit.acquire(call) })
    }
    return held
  } catch (error) {
    for (const limit of limits.slice(0, paid)) limit.refund()
    releaseAll(held)
    throw error
  }
}

function releaseAll(held: readonly HeldPlace[]): void {
  for (const { limit, share } of held) limit.release(share)
}
