import type { Interceptor } from '@aster/rpc-core'
import { Limit, limitCalls } from './limit.ts'
import { type CallLimits, expectSomeLimits } from './limit-options.ts'

/** Options of `concurrencyLimit`. */
export interface ConcurrencyLimitOptions extends Pick<CallLimits, 'queue'> {
  /** The largest number of calls that run at a time, from 1. */
  maxConcurrent: number
}

/**
 * Limits the number of calls that run at a time; further calls wait in the queue or are refused with `RESOURCE_EXHAUSTED`. A
 * call keeps its place for as long as any part of it runs: a cancelled call until its handler returns, and a stream until it
 * ends or the caller leaves it.
 *
 * @throws AsterError for an option out of range
 */
export function concurrencyLimit(options: ConcurrencyLimitOptions): Interceptor {
  expectSomeLimits('concurrencyLimit', options, ['maxConcurrent', 'queue'])
  const limit = new Limit(options)
  return limitCalls(() => limit)
}
