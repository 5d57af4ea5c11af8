import { AsterError, type Interceptor, RpcError, StatusCode } from '@aster/rpc-core'
import { expectInteger } from '@aster/rpc-core/schema'
import { BoundedMap } from './bounded-map.ts'
import type { ConcurrencyLimitOptions } from './concurrency-limit.ts'
import { follow } from './follow.ts'
import { bucketOf, payFor, type RateLimitOptions } from './rate-limit.ts'
import { Slots } from './slots.ts'
import type { TokenBucket } from './token-bucket.ts'

export interface PeerLimitOptions {
  /** Calls of one peer in flight. @default no limit */
  concurrency?: ConcurrencyLimitOptions | undefined
  /** Calls of one peer per second. @default no limit */
  rate?: RateLimitOptions | undefined
  /**
   * Peers that are remembered. Beyond it the one without calls in flight that called longest ago is forgotten, and its rate
   * with it; a new one is refused while all of them have calls in flight. @default 10,000
   */
  maxPeers?: number | undefined
}

interface PeerState {
  readonly slots: Slots | undefined
  readonly bucket: TokenBucket | undefined
}

/** `concurrencyLimit` and `rateLimit` for each peer on its own, by the id that the transport proved. */
export function peerLimit({ concurrency, rate, maxPeers = 10_000 }: PeerLimitOptions): Interceptor {
  if (concurrency === undefined && rate === undefined) throw new AsterError('peerLimit: expected concurrency or rate')
  const make = (): PeerState => ({
    slots:
      concurrency &&
      new Slots(
        expectInteger('peerLimit: concurrency.max', concurrency.max, 1),
        expectInteger('peerLimit: concurrency.queue', concurrency.queue ?? 0, 0),
      ),
    bucket: rate && bucketOf('peerLimit: rate', rate),
  })
  // Mistakes in the options show here, not with the first call.
  make()
  const peers = new BoundedMap<string, PeerState>(
    expectInteger('peerLimit: maxPeers', maxPeers, 1),
    ({ slots }) => slots?.idle ?? true,
  )

  return async (call, next) => {
    const state = peers.use(call.peer.id, make)
    if (state === undefined) throw new RpcError(StatusCode.RESOURCE_EXHAUSTED, `${maxPeers} peers have calls in flight`)
    const { slots, bucket } = state
    if (bucket !== undefined) payFor(bucket, 'this peer')
    if (slots === undefined) return next(call)
    await slots.acquire(call.signal, 'this peer')
    return follow(call, next, {
      onSettled() {
        slots.release()
        // Without a rate there is nothing to remember of a peer that does not call.
        if (slots.idle && bucket === undefined) peers.delete(call.peer.id)
      },
    })
  }
}
