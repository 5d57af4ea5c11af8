import { type InterceptedCall, type Interceptor, RpcError, StatusCode } from '@aster/rpc-core'
import { expectInteger } from '@aster/rpc-core/schema'
import { BoundedMap } from './bounded-map.ts'
import { Limit, limitCalls } from './limit.ts'
import { type CallLimits, expectSomeLimits } from './limit-options.ts'

/** `maxConcurrent`, `perSecond`, or both. */
export interface PeerLimitOptions extends Omit<CallLimits, 'timeoutMs'> {
  /**
   * Peers that are remembered. Beyond it the one without calls in flight that called longest ago is forgotten, and its rate
   * with it; a new one is refused while all of them have calls in flight. @default 10,000
   */
  maxPeers?: number | undefined
}

/** Peers that are remembered by default. */
const MAX_PEERS = 10_000

/** `concurrencyLimit` and `rateLimit` for each peer on its own, by the id that the transport proved. */
export function peerLimit(options: PeerLimitOptions): Interceptor {
  expectSomeLimits('peerLimit', options, ['maxConcurrent', 'queue', 'perSecond', 'burst', 'maxPeers'])
  const maxPeers = expectInteger('peerLimit: maxPeers', options.maxPeers ?? MAX_PEERS, 1)
  return limitCalls(limitPeers(options, maxPeers))
}

/** Returns the function that finds the limit of a call's peer, or throws `RESOURCE_EXHAUSTED` for one peer too many. */
export function limitPeers(limits: CallLimits, maxPeers = MAX_PEERS): (call: InterceptedCall) => Limit {
  const own = { ...limits }
  const make = (): Limit => new Limit(own, 'this peer')
  const peers = new BoundedMap<string, Limit>(maxPeers, (limit) => limit.idle)
  return ({ peer }) => {
    const limit = peers.use(peer.id, make)
    if (limit !== undefined) return limit
    throw new RpcError(StatusCode.RESOURCE_EXHAUSTED, `${maxPeers} peers have calls in flight`)
  }
}
