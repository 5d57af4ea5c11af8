import type { Interceptor } from '@aster/rpc-core'
import { expectInteger } from '@aster/rpc-core/schema'
import { callName } from './call-facts.ts'
import { follow } from './follow.ts'
import { Slots } from './slots.ts'

export interface ConcurrencyLimitOptions {
  /** Calls in flight at most. */
  max: number
  /** Calls that may wait for a place, within their deadline. @default 0 */
  queue?: number | undefined
}

/**
 * Lets so many calls run at a time and refuses more with `RESOURCE_EXHAUSTED`. A call keeps its place until nothing of it
 * runs any more: the handler of a cancelled call until it ends, a stream until it ends or is left.
 */
export function concurrencyLimit({ max, queue = 0 }: ConcurrencyLimitOptions): Interceptor {
  const slots = new Slots(
    expectInteger('concurrencyLimit: max', max, 1),
    expectInteger('concurrencyLimit: queue', queue, 0),
  )
  return async (call, next) => {
    await slots.acquire(call.signal, callName(call))
    return follow(call, next, { onSettled: () => slots.release() })
  }
}
