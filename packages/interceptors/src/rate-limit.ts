import { type Interceptor, RpcError, StatusCode } from '@aster/rpc-core'
import { expectNumber, expectPositive } from '@aster/rpc-core/schema'
import { callName } from './call-facts.ts'
import { TokenBucket } from './token-bucket.ts'

export interface RateLimitOptions {
  /** Calls per second in the long run. */
  perSecond: number
  /** Calls that may come at once, from 1. @default perSecond, at least 1 */
  burst?: number | undefined
}

/** Refuses calls beyond a rate with `RESOURCE_EXHAUSTED`. A token bucket: a stream costs as much as a single call. */
export function rateLimit(options: RateLimitOptions): Interceptor {
  const bucket = bucketOf('rateLimit', options)
  return async (call, next) => {
    payFor(bucket, callName(call))
    return next(call)
  }
}

export function bucketOf(what: string, { perSecond, burst }: RateLimitOptions): TokenBucket {
  expectPositive(`${what}: perSecond`, perSecond)
  return new TokenBucket(
    perSecond,
    expectNumber(`${what}: burst`, burst ?? Math.max(1, perSecond), 1),
    performance.now(),
  )
}

/** Takes a token, or throws `RESOURCE_EXHAUSTED`; `what` is what the limit is for. */
export function payFor(bucket: TokenBucket, what: string): void {
  const waitMs = bucket.take(performance.now())
  if (waitMs > 0)
    throw new RpcError(StatusCode.RESOURCE_EXHAUSTED, `${what}: too many calls; try again in ${Math.ceil(waitMs)} ms`)
}
