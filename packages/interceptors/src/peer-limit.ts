import { type InterceptedCall, type Interceptor, RpcError, StatusCode } from '@aster/rpc-core'
import { expectInteger } from '@aster/rpc-core/schema'
import { BoundedMap } from './bounded-map.ts'
import { Limit, limitCalls } from './limit.ts'
import { type CallLimits, expectSomeLimits } from './limit-options.ts'

/** Options of `peerLimit`: `maxConcurrent`, `perSecond`, or both. */
export interface PeerLimitOptions extends Omit<CallLimits, 'timeoutMs'> {
  /**
   * The largest number of peers that are remembered. Above it, the peer without calls in flight that called longest ago is
   * forgotten together with its rate. If all peers have calls in flight, a new peer is refused. @default 10,000
   */
  maxPeers?: number | undefined
}

/** Peers that are remembered by default. */
const MAX_PEERS = 10_000

/**
 * Limits the calls of each peer on its own, as `concurrencyLimit` and `rateLimit` do for all peers together. Peers are told apart
 * by the id that the transport proved.
 */
export function peerLimit(options: PeerLimitOptions): Interceptor {
  expectSomeLimits('peerLimit', options, ['maxConcurrent', 'queue', 'perSecond', 'burst', 'maxPeers'])
  const maxPeers = expectInteger('peerLimit: maxPeers', options.maxPeers ?? MAX_PEERS, 1)
  return limitCalls(limitPeers(options, maxPeers))
}

/**
 * Returns a function that returns the limit of a call's peer. That function throws `RESOURCE_EXHAUSTED` if `maxPeers` peers have
 * calls in flight, and the peer is a new one.
 */
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
