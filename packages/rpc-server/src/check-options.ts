import { AsterError } from '@aster/rpc-core'
import { describe, expectInteger, expectMessageBytes, expectTime } from '@aster/rpc-core/schema'
import type { ServeOptions } from './options.ts'

/** The options that are times of more than 0 milliseconds. */
const TIMES = [
  'handlerTimeoutMs',
  'headerTimeoutMs',
  'frameTimeoutMs',
  'flushTimeoutMs',
  'connectionIdleTimeoutMs',
  'sessionIdleTimeoutMs',
] as const

/**
 * Checks the options of a served connection. Call it in code that passes the options on later, so that mistakes show early.
 *
 * @throws AsterError if a number is out of its range, or an interceptor is not a function
 */
export function checkServeOptions(
  options: Pick<
    ServeOptions,
    | 'handlerTimeoutMs'
    | 'headerTimeoutMs'
    | 'frameTimeoutMs'
    | 'flushTimeoutMs'
    | 'connectionIdleTimeoutMs'
    | 'sessionIdleTimeoutMs'
    | 'interceptors'
    | 'maxConcurrentStreams'
    | 'maxMessageBytes'
    | 'maxSessionsPerPeer'
  >,
): void {
  const { interceptors = [], maxConcurrentStreams, maxMessageBytes, maxSessionsPerPeer } = options
  expectMessageBytes('maxMessageBytes', maxMessageBytes)
  if (maxConcurrentStreams !== undefined) expectInteger('maxConcurrentStreams', maxConcurrentStreams, 1)
  if (maxSessionsPerPeer !== undefined && maxSessionsPerPeer !== Infinity)
    expectInteger('maxSessionsPerPeer', maxSessionsPerPeer, 1)
  for (const name of TIMES) {
    const time = options[name]
    if (time !== undefined && expectTime(name, time) === 0)
      throw new AsterError(`${name}: expected more than 0 milliseconds`)
  }
  if (!Array.isArray(interceptors))
    throw new AsterError(`interceptors: expected a list of functions, found ${describe(interceptors)}`)
  interceptors.forEach((interceptor: unknown, index) => {
    if (typeof interceptor !== 'function')
      throw new AsterError(`interceptors[${index}]: expected a function, found ${describe(interceptor)}`)
  })
}
