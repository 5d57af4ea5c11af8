import { StatusCode } from '@aster/rpc-core'
import {
  type AbortSource,
  epochNow,
  iteratorOf,
  runAt,
  responsesError,
  runGuarded,
  statusFromError,
} from '@aster/rpc-core/protocol'
import { isThenable } from '@aster/rpc-core/schema'
import type { ConnectionContext } from './connection-context.ts'
import { callName, type ResolvedCall } from './resolve-call.ts'

/** How long a handler may run on after its caller has left before a warning is logged, in milliseconds. */
const END_MS = 10_000
/** The shortest time between two warnings about one method, in milliseconds. */
const WARN_EVERY_MS = 3_600_000

/** A call that ends before its handler does. */
export interface LeftCall {
  readonly connection: ConnectionContext
  readonly scope: AbortSource
}

/** An iterator that may have a `return`. */
interface Endable {
  readonly return?: (() => unknown) | undefined
}

/**
 * Follows a handler whose call was aborted. Logs a late failure, and a warning if the handler runs on.
 *
 * @param handled the result of the handler; `undefined` if it was not called
 */
export function followHandler(handled: unknown, call: ResolvedCall, left: LeftCall): void {
  if (isThenable(handled)) {
    const pending = handled as Promise<unknown>
    warnUnlessEnded(pending, call, left)
    reportFailure(pending, call, left, 'debug')
  } else if (left.connection.intercept !== undefined && isGenerator(handled)) {
    // Interceptors may have ended the stream without a wait for the handler. A second `return` of a generator does no harm.
    endResponses(handled, undefined, call, left)
  }
}

function isGenerator(handled: unknown): handled is Required<Endable> {
  try {
    return Object.prototype.toString.call(handled) === '[object AsyncGenerator]'
  } catch {
    // A revoked proxy throws.
    return false
  }
}

/**
 * Ends an iterator of responses, which runs the `finally` of a generator. Does not wait for that, since a generator that is stuck
 * must not keep the call open.
 *
 * @param pending the promise of the step that is under way, if there is one
 */
export function endResponses(
  iterator: Endable,
  pending: Promise<unknown> | undefined,
  call: ResolvedCall,
  left: LeftCall,
): void {
  const { aborted } = left.scope
  const ended = (async (): Promise<unknown> => {
    if (iterator.return !== undefined) return iterator.return()
    return aborted ? pending?.catch(() => {}) : undefined
  })()
  if (aborted) warnUnlessEnded(ended, call, left)
  reportFailure(ended, call, left, 'error')
  // Without an abort, the failure of the step ends the call and is reported as its error.
  if (aborted && pending !== undefined) reportFailure(pending, call, left, 'debug')
}

/** Ends responses that a handler returned after its call was aborted. */
export function endLateResponses(responses: unknown, call: ResolvedCall, left: LeftCall): void {
  runGuarded(
    () => endResponses(iteratorOf(responses, responsesError), undefined, call, left),
    () => {},
  )
}

/** Logs a warning if the handler runs on. A handler that waits for an event without its signal may wait for ever. */
function warnUnlessEnded(pending: Promise<unknown>, call: ResolvedCall, { connection }: LeftCall): void {
  const { options, notices, peer } = connection
  const { logger } = options
  if (logger === undefined) return
  const name = callName(call)
  const warn = (): void => {
    if (!notices.isDue(`left ${name}`, WARN_EVERY_MS)) return
    logger.warn(
      { call: name, callId: call.callId, peer: peer.id },
      `the handler of ${name} has not ended ${END_MS / 1000} s after its caller left: pass context.signal to what it waits for`,
    )
  }
  const stopTimer = runAt(epochNow() + END_MS, warn, { unref: true })
  pending.then(stopTimer, stopTimer)
}

function reportFailure(
  pending: Promise<unknown>,
  call: ResolvedCall,
  { connection, scope }: LeftCall,
  level: 'debug' | 'error',
): void {
  const { options, peer } = connection
  pending.catch((error: unknown) => {
    // A handler that fails because of its signal behaves correctly.
    const isAbort = error === scope.reason || statusFromError(error).code === StatusCode.CANCELLED
    const fields = { err: error, call: callName(call), callId: call.callId, peer: peer.id }
    options.logger?.[isAbort ? 'debug' : level](fields, 'a handler failed when its call was over')
  })
}
