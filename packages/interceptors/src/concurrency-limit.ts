import type { Interceptor } from '@aster/rpc-core'
import { Limit, limitCalls } from './limit.ts'
import { type CallLimits, expectSomeLimits } from './limit-options.ts'

export interface ConcurrencyLimitOptions extends Pick<CallLimits, 'queue'> {
  /** Calls that run at a time, from 1. */
  maxConcurrent: number
}

/**
 * Lets so many calls run at a time and refuses more with `RESOURCE_EXHAUSTED`. A call keeps its place until nothing of it
 * runs any more: the handler of a cancelled call until it ends, a stream until it ends or is left.
 */
export function concurrencyLimit(options: ConcurrencyLimitOptions): Interceptor {
  expectSomeLimits('concurrencyLimit', options, ['maxConcurrent', 'queue'])
  const limit = new Limit(options)
  return limitCalls(() => limit)
}
