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
  runAt,
  cancelledError,
  deadlineError,
  NEVER,
  nextCallId,
  onAbort,
} from '@aster/rpc-core/protocol'
import { checkCallOptions } from './check-call-options.ts'

/** One call, from its options to its outcome; its timer and listeners go with it. */
export class Invocation {
  readonly #call: InterceptedCall
  readonly #send: Next
  readonly #intercepted: boolean
  readonly #scope: AbortScope | undefined
  readonly #cleanups: (() => void)[] = []

  constructor(
    service: ServiceDefinition,
    method: MethodDefinition,
    send: Next,
    intercepted: boolean,
    clientTimeoutMs: number | undefined,
    request: unknown,
    options: CallOptions = {},
  ) {
    checkCallOptions(options)
    const { parent } = options
    const own = earliestDeadline(options.timeoutMs, method.timeoutMs, clientTimeoutMs)
    const deadline = own === undefined ? parent?.deadline : Math.min(own, parent?.deadline ?? own)
    if (deadline !== undefined || parent !== undefined || intercepted || method.kind === 'bidiStream') {
      const scope = new AbortScope()
      this.#scope = scope
      for (const signal of [options.signal, parent?.signal])
        if (signal !== undefined) this.#cleanups.push(onAbort(signal, () => scope.abort(signal.reason)))
      if (deadline !== undefined) {
        // A timer would let the call out before it runs.
        if (deadline <= Date.now()) scope.abort(deadlineError())
        else this.#cleanups.push(runAt(deadline, () => scope.abort(deadlineError())))
      }
    }
    this.#send = send
    this.#intercepted = intercepted
    this.#call = {
      side: 'client',
      service,
      method,
      callId: nextCallId(),
      peer: { id: '', attributes: {} },
      request,
      metadata: { ...options.metadata },
      deadline,
      signal: this.#scope?.signal ?? options.signal ?? NEVER,
    }
  }

  /** Ends a bidi call with `error`. Nobody may ask for its responses any more, so nothing is left for their end to clean up. */
  abort(error: RpcError): void {
    this.#scope?.abort(error)
    this.#cleanup()
  }

  #cleanup(): void {
    for (const cleanup of this.#cleanups.splice(0)) cleanup()
  }

  /** To the only response. */
  async run(): Promise<unknown> {
    try {
      return await this.#begin()
    } catch (error) {
      throw this.#failure(error)
    } finally {
      this.#cleanup()
    }
  }

  /** To the responses; the deadline goes on until their end. */
  async stream(): Promise<AsyncIterable<unknown, undefined>> {
    try {
      const responses = (await this.#begin()) as AsyncIterable<unknown>
      return untilEnd(responses, () => this.#cleanup())
    } catch (error) {
      this.#cleanup()
      throw this.#failure(error)
    }
  }

  #begin(): Promise<unknown> {
    const outcome = this.#send(this.#call)
    // An interceptor may wait for something else than the call: the deadline holds all the same.
    return this.#intercepted ? abortable(outcome, this.#scope) : outcome
  }

  #failure(error: unknown): RpcError {
    const { signal } = this.#call
    if (error instanceof RpcError) return error
    return signal.aborted ? cancelledError(signal) : RpcError.from(error)
  }
}

/**
 * The responses, and `cleanup` runAt their end. `next` may be called again before the last one settled: each gets a response
 * of its own, in order.
 */
function untilEnd(responses: AsyncIterable<unknown>, cleanup: () => void): AsyncIterable<unknown, undefined> {
  const iterator = responses[Symbol.asyncIterator]()
  let left = false
  /** Calls of `next` that have not settled, and the last of them. */
  let waiting = 0
  let last: Promise<unknown> | undefined
  const advance = async (): Promise<IteratorResult<unknown, undefined>> => {
    try {
      const step = left ? undefined : await iterator.next()
      if (step !== undefined && step.done !== true) return step
      cleanup()
      return { done: true, value: undefined }
    } catch (error) {
      cleanup()
      throw RpcError.from(error)
    } finally {
      waiting -= 1
    }
  }
  return {
    [Symbol.asyncIterator]: () => ({
      next() {
        waiting += 1
        const step = waiting === 1 || last === undefined ? advance() : last.then(advance, advance)
        last = step
        return step
      },
      async return() {
        left = true
        cleanup()
        await iterator.return?.()
        return { done: true, value: undefined }
      },
    }),
  }
}

function earliestDeadline(...timeouts: readonly (number | undefined)[]): number | undefined {
  const given = timeouts.filter((timeout) => timeout !== undefined)
  for (const timeout of given) {
    if (typeof timeout !== 'number' || Number.isNaN(timeout)) {
      throw new RpcError(
        StatusCode.INVALID_ARGUMENT,
        `timeoutMs: expected a number of milliseconds, found ${String(timeout)}`,
      )
    }
  }
  const smallest = Math.min(...given)
  // More than a century: as good as none, and beyond what a header can say.
  return smallest > 3.2e12 ? undefined : Math.round(Date.now() + smallest)
}
