import {
  type CallOptions,
  type CallParent,
  type InterceptedCall,
  type MethodDefinition,
  type Next,
  RpcError,
  type ServiceDefinition,
  StatusCode,
} from '@aster/rpc-core'
import { abortable, at, cancelled, deadlineExceeded, NEVER, nextCallId, onAbort } from '@aster/rpc-core/protocol'

/** One call, from its options to its outcome; its timer and listeners go with it. */
export class Invocation {
  readonly #call: InterceptedCall
  readonly #send: Next
  readonly #intercepted: boolean
  readonly #controller: AbortController | undefined
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
    const { parent } = options
    if (parent !== undefined) checkParent(parent)
    const own = earliestDeadline(options.timeoutMs, method.timeoutMs, clientTimeoutMs)
    const deadline = own === undefined ? parent?.deadline : Math.min(own, parent?.deadline ?? own)
    if (deadline !== undefined || parent !== undefined || intercepted || method.kind === 'bidiStream') {
      const controller = new AbortController()
      this.#controller = controller
      for (const signal of [options.signal, parent?.signal])
        this.#cleanups.push(onAbort(signal, () => controller.abort(signal?.reason)))
      if (deadline !== undefined) {
        // A timer would let the call out before it runs.
        if (deadline <= Date.now()) controller.abort(deadlineExceeded())
        else this.#cleanups.push(at(deadline, () => controller.abort(deadlineExceeded())))
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
      signal: this.#controller?.signal ?? options.signal ?? NEVER,
    }
  }

  /** Ends a bidi call with `error`. Nobody may ask for its responses any more, so nothing is left for their end to clean up. */
  abort(error: RpcError): void {
    this.#controller?.abort(error)
    this.#cleanup()
  }

  #cleanup(): void {
    for (const cleanup of this.#cleanups.splice(0)) cleanup()
  }

  /** To the only response. */
  async run(): Promise<unknown> {
    try {
      return await this.#begin()
    } finally {
      this.#cleanup()
    }
  }

  /** To the responses; the deadline goes on until their end. */
  async stream(): Promise<AsyncIterable<unknown>> {
    try {
      const responses = (await this.#begin()) as AsyncIterable<unknown>
      return untilEnd(responses, () => this.#cleanup())
    } catch (error) {
      this.#cleanup()
      throw error
    }
  }

  async #begin(): Promise<unknown> {
    const { signal } = this.#call
    try {
      const outcome = this.#send(this.#call)
      // An interceptor may wait for something else than the call: the deadline holds all the same.
      return await (this.#intercepted ? abortable(outcome, signal) : outcome)
    } catch (error) {
      if (error instanceof RpcError) throw error
      throw signal.aborted ? cancelled(signal) : RpcError.from(error)
    }
  }
}

function untilEnd(responses: AsyncIterable<unknown>, cleanup: () => void): AsyncIterable<unknown> {
  const iterator = responses[Symbol.asyncIterator]()
  return {
    [Symbol.asyncIterator]: () => ({
      async next() {
        try {
          const step = await iterator.next()
          if (step.done === true) cleanup()
          return step
        } catch (error) {
          cleanup()
          throw RpcError.from(error)
        }
      },
      async return() {
        cleanup()
        await iterator.return?.()
        return { done: true, value: undefined }
      },
    }),
  }
}

function checkParent(parent: CallParent): void {
  const { deadline, signal } = (parent ?? {}) as Partial<CallParent>
  if (typeof signal?.aborted === 'boolean' && (deadline === undefined || Number.isFinite(deadline))) return
  throw new RpcError(
    StatusCode.INVALID_ARGUMENT,
    'parent: expected the context of a handler, with its signal and deadline',
  )
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
