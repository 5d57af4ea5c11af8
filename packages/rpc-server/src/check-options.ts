import { AsterError } from '@aster/rpc-core'
import { describe, expectInteger, expectMessageBytes, expectTime } from '@aster/rpc-core/schema'
import type { ServeOptions } from './options.ts'

/**
 * Checks options. For layers that hand the options on, so that mistakes show early.
 *
 * @throws AsterError if a number makes no sense, or an interceptor is no function
 */
export function checkServeOptions(
  options: Pick<ServeOptions, 'handlerTimeoutMs' | 'interceptors' | 'maxConcurrentStreams' | 'maxMessageBytes'>,
): void {
  const { handlerTimeoutMs, interceptors = [], maxConcurrentStreams, maxMessageBytes } = options
  if (maxConcurrentStreams !== undefined) expectInteger('maxConcurrentStreams', maxConcurrentStreams, 1)
  expectMessageBytes('maxMessageBytes', maxMessageBytes)
  if (handlerTimeoutMs !== undefined && expectTime('handlerTimeoutMs', handlerTimeoutMs) === 0)
    throw new AsterError('handlerTimeoutMs: expected more than 0 milliseconds')
  if (!Array.isArray(interceptors))
    throw new AsterError(`interceptors: expected a list of functions, found ${describe(interceptors)}`)
  interceptors.forEach((interceptor: unknown, index) => {
    if (typeof interceptor !== 'function')
      throw new AsterError(`interceptors[${index}]: expected a function, found ${describe(interceptor)}`)
  })
}
