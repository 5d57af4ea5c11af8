import {
  type CallOptions,
  type CallParent,
  type Logger,
  type MethodDefinition,
  type Next,
  RpcError,
  type ServiceDefinition,
  StatusCode,
} from '@aster/rpc-core'
import {
  abortable,
  abortReason,
  AbortScope,
  type AnyIterator,
  deadlineError,
  defineCallSignal,
  iteratorOf,
  NEVER,
  nextCallId,
  noticesOf,
  onAbort,
  progressKey,
  responsesError,
  runAt,
  epochNow,
} from '@aster/rpc-core/protocol'
import { errorMessage, printable } from '@aster/rpc-core/schema'
import { abortError, callerError, isWanted, noteMade } from './call-errors.ts'
import { checkCallOptions, isPlatformSignal, optionsError } from './check-call-options.ts'
import { markHandledSoon } from './handled.ts'
import { describeProgress, Phase, type Progress, type TrackedCall } from './progress.ts'
import { isLateOnArrival } from './responses.ts'

/** The settings that all calls of a method share. */
export interface CallPlan {
  readonly service: ServiceDefinition
  readonly method: MethodDefinition
  /** The id of the peer if all calls go to the same peer, otherwise `''`. */
  readonly peerId: string
  /** Passes a call through the interceptors to the wire. */
  readonly send: Next
  /** Whether there are interceptors. */
  readonly isIntercepted: boolean
  /** The client's timeout for every call, in milliseconds. */
  readonly timeoutMs: number | undefined
  /** Receives a warning when responses are garbage-collected before their end. */
  readonly logger: Logger | undefined
}

/** The longest timeout in milliseconds, just over a century. A longer timeout means no deadline, since no header can hold it. */
const MAX_TIMEOUT_MS = 3.2e12

/** One call, from its options to its outcome. A call owns a timer and listeners until `end`; `response` calls `end` itself. */
export class Call implements Progress {
  phase: Phase = Phase.INTERCEPTORS
  streams: Progress['streams']
  underWay = 0
  readonly plan: CallPlan
  readonly #call: TrackedCall
  #scope: AbortScope | undefined
  #cleanups: (() => void)[] | undefined
  /** When the call began, in milliseconds since the epoch; 0 if the call has no deadline, signal or interceptor. */
  #begunAt = 0
  #response: Promise<unknown> | undefined
  #responses: AnyIterator | undefined

  /** @throws RpcError `INVALID_ARGUMENT` if an option is of the wrong kind */
  constructor(plan: CallPlan, request: unknown, options: CallOptions = {}) {
    this.plan = plan
    const { service, method } = plan
    try {
      checkCallOptions(options)
      const { parent, signal, metadata } = options
      const deadline = this.#begin(parent, signal, shortestTimeout(options.timeoutMs, method.timeoutMs, plan.timeoutMs))
      const call: TrackedCall = {
        side: 'client',
        service,
        method,
        callId: nextCallId(),
        peer: { id: plan.peerId, attributes: {} },
        request,
        metadata: { ...metadata },
        deadline,
        signal: signal ?? NEVER,
        [progressKey]: this,
      }
      this.#call = this.#scope === undefined ? call : defineCallSignal(call, this.#scope)
    } catch (error) {
      this.end()
      throw error instanceof RpcError ? error : optionsError(error)
    }
  }

  /**
   * Runs a unary or client-stream call. Returns its response.
   *
   * @throws RpcError the error of the call
   */
  response(): Promise<unknown> {
    this.#response = this.#respond()
    return this.#response
  }

  /**
   * Starts a call with streamed responses. The deadline and the listeners live until `end`.
   *
   * @throws RpcError the error that kept the call from starting
   */
  async responses(): Promise<AnyIterator> {
    try {
      this.#responses = iteratorOf(await this.#send(), responsesError)
      return this.#responses
    } catch (error) {
      this.#abandon()
      this.end()
      throw this.callerError(error)
    }
  }

  /** Ends a bidi call with `error`. Calls `end` at once, because the caller may never ask for another response. */
  abort(error: RpcError): void {
    this.#scope?.abort(error)
    this.end()
  }

  /** Leaves the responses, which cancels the call unless it has ended. Never rejects. */
  async leave(): Promise<void> {
    this.end()
    const responses = this.#responses
    this.#responses = undefined
    try {
      await responses?.return?.()
    } catch {
      // The clean-up of an interceptor failed. The caller has left, so the error is dropped.
    }
  }

  /** Removes the timer and the listeners. A second call does nothing. */
  end(): void {
    const cleanups = this.#cleanups
    if (cleanups === undefined) return
    this.#cleanups = undefined
    for (const cleanup of cleanups) cleanup()
  }

  /** Returns the error for the caller if `thrown` ends the call. Call it in the async function that the caller awaits. */
  callerError(thrown: unknown): RpcError {
    const source = this.#scope ?? this.#call.signal
    const isAbort = source.aborted && (!(thrown instanceof RpcError) || thrown === abortReason(source))
    const error = callerError(isAbort ? abortError(this.#call) : thrown, source)
    if (!isAbort && isLateOnArrival(error)) this.#warnOfClocks(error)
    return error
  }

  describe(): string {
    return describeProgress(this, this.#begunAt)
  }

  /** Starts the timer and the listeners that the call needs. Returns the deadline. */
  #begin(
    parent: CallParent | undefined,
    signal: AbortSignal | undefined,
    timeoutMs: number | undefined,
  ): number | undefined {
    const { isIntercepted, method } = this.plan
    if (timeoutMs !== undefined || signal !== undefined || parent !== undefined || isIntercepted)
      this.#begunAt = epochNow()
    // The members of a signal that another package made may throw, so the call listens to a scope instead.
    const isSafe = signal === undefined || isPlatformSignal(signal)
    if (timeoutMs === undefined && parent === undefined && isSafe && !isIntercepted && method.kind !== 'bidiStream')
      return undefined
    this.#scope = new AbortScope()
    this.#cleanups = []
    this.#abortWith(signal)
    this.#abortWith(parent?.signal)
    // Rounded down, so that a call with less than 1 ms left is not sent.
    const own = timeoutMs === undefined ? Infinity : Math.floor(this.#begunAt + timeoutMs)
    const inherited = parent?.deadline ?? Infinity
    const deadline = Math.min(own, inherited)
    if (deadline === Infinity) return undefined
    this.#abortAt(deadline, own < inherited)
    return deadline
  }

  async #respond(): Promise<unknown> {
    try {
      return await this.#send()
    } catch (thrown) {
      this.#abandon()
      const error = this.callerError(thrown)
      // A caller that ends the call itself may no longer await the promise of the call.
      if (isWanted(error)) markHandledSoon(() => this.#response)
      throw error
    } finally {
      this.end()
    }
  }

  #send(): Promise<unknown> {
    const outcome = this.plan.send(this.#call)
    // An interceptor may wait for something other than the call. The deadline ends that wait, too.
    return this.plan.isIntercepted ? abortable(outcome, this.#scope, leaveLate) : outcome
  }

  /** Cancels a call that an interceptor passed on without waiting for the outcome. */
  #abandon(): void {
    if (this.underWay > 0) this.#scope?.abort(abandonedError())
  }

  /** Logs the first error of each peer whose clock seems to be ahead of the local clock. */
  #warnOfClocks(error: RpcError): void {
    const { logger } = this.plan
    const { peer, deadline } = this.#call
    if (logger === undefined || deadline === undefined || !noticesOf(logger).isDue(`clock ${peer.id}`, Infinity)) return
    const fields = { peer: peer.id, leftMs: Math.max(0, Math.round(deadline - epochNow())) }
    logger.warn(fields, `the producer ended a call: ${printable(errorMessage(error), 400)}`)
  }

  #abortWith(signal: AbortSignal | undefined): void {
    if (signal !== undefined) this.#cleanups?.push(onAbort(signal, () => this.#scope?.abort(abortReason(signal))))
  }

  /** Ends the call at `deadline`. `isOwn` is false for the deadline of a parent call, whose handler may rethrow the error. */
  #abortAt(deadline: number, isOwn: boolean): void {
    const abort = (detail: string): void => {
      const error = deadlineError(detail)
      this.#scope?.abort(isOwn ? noteMade(error) : error)
    }
    // A timer for a deadline that has passed would fire only after the request was sent.
    if (deadline <= epochNow()) abort('it had passed when the call was made')
    else this.#cleanups?.push(runAt(deadline, () => abort(this.describe())))
  }
}

/** Leaves responses that arrive after the call has ended. */
function leaveLate(outcome: unknown): void {
  void leaveResponses(outcome)
}

async function leaveResponses(outcome: unknown): Promise<void> {
  try {
    await iteratorOf(outcome, responsesError).return?.()
  } catch {
    // The outcome was a single response, or its iterator failed.
  }
}

function abandonedError(): RpcError {
  return noteMade(new RpcError(StatusCode.CANCELLED, 'an interceptor ended the call before its outcome'))
}

function shortestTimeout(...timeouts: readonly (number | undefined)[]): number | undefined {
  let shortest = Infinity
  for (const timeout of timeouts) {
    if (timeout === undefined) continue
    if (typeof timeout !== 'number' || Number.isNaN(timeout)) {
      throw new RpcError(
        StatusCode.INVALID_ARGUMENT,
        `timeoutMs: expected a number of milliseconds, found ${String(timeout)}`,
      )
    }
    shortest = Math.min(shortest, timeout)
  }
  return shortest > MAX_TIMEOUT_MS ? undefined : shortest
}
