import { type InterceptedCall, type Interceptor, RpcError, StatusCode } from '@aster/rpc-core'
import { BoundedMap } from './bounded-map.ts'
import { withDeadline } from './deadline.ts'
import { follow } from './follow.ts'
import {
  CALL_KEYS,
  expectLimits,
  expectObject,
  type Limit,
  limitOf,
  PEER_KEYS,
  SERVER_KEYS,
  SERVICE_KEYS,
} from './limit.ts'
import { payFor } from './rate-limit.ts'
import type { Slots } from './slots.ts'
import type { TokenBucket } from './token-bucket.ts'

/** What calls may take. Of several limits for one call the tightest counts. */
export interface CallLimits {
  /**
   * Calls that run at a time. A call counts until nothing of it runs any more: a stream until it ends, a handler that was
   * cancelled until it returns. @default no limit
   */
  maxConcurrent?: number | undefined
  /** Calls that may wait for a place, while their deadline runs; needs `maxConcurrent`. @default 0 */
  queue?: number | undefined
  /** Calls per second in the long run; a stream is one call. @default no limit */
  perSecond?: number | undefined
  /** Calls that may come at once, from 1; needs `perSecond`. @default perSecond, at least 1 */
  burst?: number | undefined
  /** Milliseconds that a handler may take, streams included; waiting for a place is not counted. @default no limit */
  timeoutMs?: number | undefined
}

export interface ServiceLimits extends CallLimits {
  /** By the TypeScript names of the methods; each for one method of the service. */
  methods?: Readonly<Record<string, CallLimits | undefined>> | undefined
}

/** Each peer on its own, by the id that the transport proved. Up to 10,000 peers are remembered, as by `peerLimit`. */
export type PeerLimits = Pick<CallLimits, 'maxConcurrent' | 'perSecond' | 'burst'>

export interface ServerLimits extends CallLimits {
  /** By the names of the services; each for all calls of a service, whatever its version. */
  services?: Readonly<Record<string, ServiceLimits | undefined>> | undefined
  perPeer?: PeerLimits | undefined
}

interface ServiceLimit {
  readonly own: Limit | undefined
  readonly methods: ReadonlyMap<string, Limit | undefined>
}

const MAX_PEERS = 10_000

/**
 * Limits for a server as a whole, its services, their methods and each peer. Refuses with `RESOURCE_EXHAUSTED` what is
 * too much, and ends with `DEADLINE_EXCEEDED` what takes too long. A call that is refused has used up no rate.
 *
 * @throws AsterError for a number that is wrong and a key that is unknown, with its path: `limits.services.Echo`
 */
export function callLimits(limits: ServerLimits): Interceptor {
  expectLimits('limits', limits, SERVER_KEYS)
  expectObject('limits.services', limits.services)
  const server = limitOf('limits', 'this server', limits)
  const services = new Map(
    Object.entries(limits.services ?? {}).map(([name, own]) => [name, serviceLimitOf(name, own)] as const),
  )
  const limitsOfPeer = peerLimitsOf(limits.perPeer)

  return async (call, next) => {
    const service = services.get(call.service.name)
    // A place is waited for from the inside out: who waits for one of a method takes none of the server meanwhile.
    // Nobody waits for one of a peer.
    const inside = [service?.methods.get(call.method.name), service?.own, server]
    const all = [limitsOfPeer(call), ...inside].filter((limit) => limit !== undefined)
    if (all.length === 0) return next(call)
    const held = await admit(call, all)
    const deadline = Date.now() + Math.min(...all.map(({ timeoutMs }) => timeoutMs))
    const isTimed = deadline < (call.deadline ?? Infinity)
    if (!isTimed && held.length === 0) return next(call)
    const { call: timed, cleanup } = isTimed ? withDeadline(call, Math.round(deadline)) : { call }
    return follow(timed, next, { onOutcome: cleanup, onSettled: () => release(held) })
  }
}

function serviceLimitOf(name: string, limits: ServiceLimits | undefined): ServiceLimit {
  const path = `limits.services.${name}`
  expectLimits(path, limits, SERVICE_KEYS)
  expectObject(`${path}.methods`, limits?.methods)
  const methods = Object.entries(limits?.methods ?? {}).map(([method, own]) => {
    const place = `${path}.methods.${method}`
    expectLimits(place, own, CALL_KEYS)
    return [method, limitOf(place, `${name}.${method}`, own)] as const
  })
  return { own: limitOf(path, `service ${name}`, limits), methods: new Map(methods) }
}

function peerLimitsOf(limits: PeerLimits | undefined): (call: InterceptedCall) => Limit | undefined {
  const path = 'limits.perPeer'
  expectLimits(path, limits, PEER_KEYS)
  const make = () => limitOf(path, 'this peer', limits)
  // Mistakes show here, not with the first call.
  if (make() === undefined) return () => undefined
  const peers = new BoundedMap<string, Limit | undefined>(MAX_PEERS, (limit) => limit?.slots?.idle ?? true)
  return ({ peer }) => {
    const limit = peers.use(peer.id, make)
    if (limit !== undefined) return limit
    throw new RpcError(StatusCode.RESOURCE_EXHAUSTED, `${MAX_PEERS} peers have calls in flight`)
  }
}

/** Takes what every limit asks for, or nothing at all. Gives the places, for `release`. */
async function admit(call: InterceptedCall, limits: readonly Limit[]): Promise<readonly Slots[]> {
  const paid: TokenBucket[] = []
  const held: Slots[] = []
  try {
    for (const { bucket, what } of limits) {
      if (bucket === undefined) continue
      payFor(bucket, what)
      paid.push(bucket)
    }
    for (const { slots, what } of limits) {
      if (slots === undefined) continue
      await slots.acquire(call.signal, what)
      held.push(slots)
    }
    return held
  } catch (error) {
    for (const bucket of paid) bucket.put()
    release(held)
    throw error
  }
}

function release(held: readonly Slots[]): void {
  for (const slots of held) slots.release()
}
