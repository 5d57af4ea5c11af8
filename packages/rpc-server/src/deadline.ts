import { type MethodDefinition, RpcError, StatusCode } from '@aster/rpc-core'
import { epochNow, runAt } from '@aster/rpc-core/protocol'
import type { ConnectionContext } from './connection-context.ts'
import type { ResolvedCall } from './resolve-call.ts'
import { givesOneResponse } from './responses.ts'

/** How long the handler of a unary or client-stream call may take by default, in milliseconds. Streams have no limit. */
const HANDLER_TIMEOUT_MS = 300_000

/** The parts of a call that its deadline needs. */
interface TimedCall {
  readonly connection: ConnectionContext
  expire(error: RpcError): void
  /** When the server began to serve the stream of the call, in milliseconds since the epoch; `Infinity` if that was just now. */
  readonly servedFrom: number
}

/** The deadline of a running call. */
export class Deadline {
  /** The deadline for the handler's context, in milliseconds since the epoch. */
  readonly deadline: number | undefined
  readonly #end: number
  readonly #expire: () => void
  #stopTimer: (() => void) | undefined
  #isStopped = false

  constructor(deadline: number | undefined, end: number, expire: () => void) {
    this.deadline = deadline
    this.#end = end
    this.#expire = expire
  }

  /** Starts the timer, unless the call is over or has no limit. */
  start(): void {
    if (!this.#isStopped && this.#end !== Infinity) this.#stopTimer ??= runAt(this.#end, this.#expire)
  }

  stop(): void {
    this.#isStopped = true
    this.#stopTimer?.()
  }
}

/**
 * Returns the deadline of a call. The timer ends the call at its deadline, or if the handler takes too long.
 *
 * @throws RpcError `DEADLINE_EXCEEDED` if the deadline has passed already
 */
export function deadlineOf({ method, deadlineEpochMs }: ResolvedCall, call: TimedCall): Deadline {
  const { connection } = call
  const now = epochNow()
  const timeoutMs = handlerTimeout(method, connection)
  const limit = now + timeoutMs
  const wanted = deadlineEpochMs > 0 ? deadlineEpochMs : Infinity
  if (wanted <= now) throw lateError(wanted, now, call)
  const end = Math.min(wanted, limit)
  const deadline = wanted === Infinity ? undefined : end
  const expire = (): void => call.expire(limit < wanted ? handlerTimeoutError(timeoutMs) : passedError())
  return new Deadline(deadline, end, expire)
}

function handlerTimeout(method: MethodDefinition, { options }: ConnectionContext): number {
  return options.handlerTimeoutMs ?? (givesOneResponse(method) ? HANDLER_TIMEOUT_MS : Infinity)
}

function passedError(): RpcError {
  return new RpcError(StatusCode.DEADLINE_EXCEEDED, 'the deadline passed before the handler had finished')
}

function handlerTimeoutError(timeoutMs: number): RpcError {
  const text = `the producer allows a handler ${timeoutMs / 1000} s (handlerTimeoutMs)`
  return new RpcError(StatusCode.DEADLINE_EXCEEDED, text)
}

/** Returns the error of a call whose deadline had passed on arrival. Logs the first such error of each peer. */
function lateError(
  deadline: number,
  now: number,
  { connection: { options, notices, peer, wasFullAt }, servedFrom }: TimedCall,
): RpcError {
  const { logger, maxConcurrentStreams } = options
  const lateMs = Math.max(1, Math.round(now - deadline))
  if (deadline <= servedFrom && wasFullAt(deadline)) {
    const text = `the deadline had passed by ${lateMs} ms when the call's turn came: the producer serves ${maxConcurrentStreams} streams of a connection at a time (maxConcurrentStreams)`
    return new RpcError(StatusCode.DEADLINE_EXCEEDED, text)
  }
  const text = `the deadline had passed by ${lateMs} ms on arrival; compare the clocks of the two sides`
  if (logger !== undefined && notices.isDue(`late ${peer.id}`, Infinity)) logger.warn({ peer: peer.id, lateMs }, text)
  return new RpcError(StatusCode.DEADLINE_EXCEEDED, text)
}
