import {
  type CallOptions,
  type InterceptedCall,
  type MethodDefinition,
  type Next,
  RpcError,
  type ServiceDefinition,
  StatusCode,
} from '@aster/rpc-core'
import {
  abortable,
  AbortScope,
  type AnyIterator,
  cancelledError,
  deadlineError,
  iteratorOf,
  NEVER,
  nextCallId,
  onAbort,
  responsesError,
  runAt,
  epochNow,
} from '@aster/rpc-core/protocol'
import { checkCallOptions } from './check-call-options.ts'

/** The part that all calls of a method have in common. */
export interface CallPlan {
  readonly service: ServiceDefinition
  readonly method: MethodDefinition
  /** The id of the peer, if it is the same for all calls; else `''`. */
  readonly peerId: string
  /** The interceptors, and behind them the wire. */
  readonly send: Next
  /** Whether there are interceptors. */
  readonly isIntercepted: boolean
  /** The time for every call of the client, in milliseconds. */
  readonly timeoutMs: number | undefined
}

/** A longer time, of more than a century, counts as none: no header can hold such a deadline. */
const MAX_TIMEOUT_MS = 3.2e12

/** One call, from its options to its outcome. It owns a timer and listeners until `end`, which `response` calls itself. */
export class Call {
  readonly #call: InterceptedCall
  readonly #plan: CallPlan
  readonly #scope: AbortScope | undefined
  #cleanups: (() => void)[] | undefined

  /** @throws RpcError `INVALID_ARGUMENT` if an option is of the wrong kind */
  constructor(plan: CallPlan, request: unknown, options: CallOptions = {}) {
    checkCallOptions(options)
    const { service, method } = plan
    const { parent } = options
    const own = earliestDeadline(options.timeoutMs, method.timeoutMs, plan.timeoutMs)
    const deadline = own === undefined ? parent?.deadline : Math.min(own, parent?.deadline ?? own)
    if (deadline !== undefined || parent !== undefined || plan.isIntercepted || method.kind === 'bidiStream') {
      this.#scope = new AbortScope()
      this.#cleanups = []
      this.#abortWith(options.signal)
      this.#abortWith(parent?.signal)
      if (deadline !== undefined) this.#abortAt(deadline)
    }
    this.#plan = plan
    this.#call = {
      side: 'client',
      service,
      method,
      callId: nextCallId(),
      peer: { id: plan.peerId, attributes: {} },
      request,
      metadata: { ...options.metadata },
      deadline,
      signal: this.#scope?.signal ?? options.signal ?? NEVER,
    }
  }

  /** Runs a unary or client-stream call. Returns its response. Throws an `RpcError`. */
  async response(): Promise<unknown> {
    try {
      return await this.#begin()
    } catch (error) {
      throw this.#toRpcError(error)
    } finally {
      this.end()
    }
  }

  /** Starts a call with streamed responses, whose deadline and listeners live until `end`. Throws an `RpcError`. */
  async responses(): Promise<AnyIterator> {
    try {
      return iteratorOf(await this.#begin(), responsesError)
    } catch (error) {
      this.end()
      throw this.#toRpcError(error)
    }
  }

  /** Ends a bidi call with `error`, and calls `end`: nothing else might, since its responses need not be asked for again. */
  abort(error: RpcError): void {
    this.#scope?.abort(error)
    this.end()
  }

  /** Lets go of the timer and the listeners. Does nothing when called again. */
  end(): void {
    const cleanups = this.#cleanups
    if (cleanups === undefined) return
    this.#cleanups = undefined
    for (const cleanup of cleanups) cleanup()
  }

  #begin(): Promise<unknown> {
    const outcome = this.#plan.send(this.#call)
    // An interceptor may wait for other things than the call. The deadline ends that too.
    return this.#plan.isIntercepted ? abortable(outcome, this.#scope) : outcome
  }

  #abortWith(signal: AbortSignal | undefined): void {
    if (signal !== undefined) this.#cleanups?.push(onAbort(signal, () => this.#scope?.abort(signal.reason)))
  }

  #abortAt(deadline: number): void {
    // A timer for a deadline that has passed would fire only after the request was sent.
    if (deadline <= epochNow()) this.#scope?.abort(deadlineError())
    else this.#cleanups?.push(runAt(deadline, () => this.#scope?.abort(deadlineError())))
  }

  #toRpcError(error: unknown): RpcError {
    const { signal } = this.#call
    if (error instanceof RpcError) return error
    return signal.aborted ? cancelledError(signal) : RpcError.from(error)
  }
}

function earliestDeadline(...timeouts: readonly (number | undefined)[]): number | undefined {
  let smallest = Infinity
  for (const timeout of timeouts) {
    if (timeout === undefined) continue
    if (typeof timeout !== 'number' || Number.isNaN(timeout)) {
      throw new RpcError(
        StatusCode.INVALID_ARGUMENT,
        `timeoutMs: expected a number of milliseconds, found ${String(timeout)}`,
      )
    }
    smallest = Math.min(smallest, timeout)
  }
  return smallest > MAX_TIMEOUT_MS ? undefined : Math.round(epochNow() + smallest)
}
