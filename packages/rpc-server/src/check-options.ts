import { AsterError } from '@aster/rpc-core'
import { expectInteger, expectTime } from '@aster/rpc-core/schema'
import type { ServeOptions } from './options.ts'

/** Throws `AsterError` for a number that makes no sense. For what hands these options on, so that mistakes show early. */
export function checkServeOptions(options: Pick<ServeOptions, 'handlerTimeoutMs' | 'maxConcurrentStreams'>): void {
  const { handlerTimeoutMs, maxConcurrentStreams } = options
  if (maxConcurrentStreams !== undefined) expectInteger('maxConcurrentStreams', maxConcurrentStreams, 1)
  if (handlerTimeoutMs !== undefined && expectTime('handlerTimeoutMs', handlerTimeoutMs) === 0)
    throw new AsterError('handlerTimeoutMs: expected more than 0 milliseconds')
}
