import type { Interceptor } from '@aster/rpc-core'
import { Limit, limitCalls } from './limit.ts'
import { type CallLimits, expectSomeLimits } from './limit-options.ts'

/** Options of `rateLimit`. */
export interface RateLimitOptions extends Pick<CallLimits, 'burst'> {
  /** Calls per second in the long run; a stream is one call. */
  perSecond: number
}

/** Refuses calls beyond a rate with `RESOURCE_EXHAUSTED`, by a token bucket. A stream costs as much as a unary call. */
export function rateLimit(options: RateLimitOptions): Interceptor {
  expectSomeLimits('rateLimit', options, ['perSecond', 'burst'])
  const limit = new Limit(options)
  return limitCalls(() => limit)
}
