import { type InterceptedCall, type Next, RpcError, StatusCode } from '@aster/rpc-core'
import { type AnyIterator, iteratorOf, cancelledError, onAbort, responsesError } from '@aster/rpc-core/protocol'
import { callError, hasResponseStream } from './call-facts.ts'

/** How a call ended. */
export interface Outcome {
  /** The error that ended the call; `undefined` for `OK`. A stream that was left before its end has `CANCELLED`. */
  readonly error: RpcError | undefined
  /** The number of responses that arrived. */
  readonly responses: number
}

/** Functions that `follow` runs in the course of a call. */
export interface CallHooks {
  /** Runs for each response. The value that it returns replaces the response; an error that it throws ends the call. */
  readonly onResponse?: ((response: unknown) => unknown) | undefined
  /**
   * Runs once, as soon as the caller has the outcome or the signal aborts. The handler of the call may still run then. An error
   * that this function throws is lost.
   */
  readonly onOutcome?: ((outcome: Outcome) => void) | undefined
  /** Runs once, when the last part of the call has ended. */
  readonly onSettled?: (() => void) | undefined
  /** Runs each step of the call: the handler or the send, and each step of the responses. */
  readonly runStep?: (<T>(step: () => T) => T) | undefined
}

/**
 * Runs the call and observes it to its end: a response, an error, an abort, or the end of a stream that is read out, fails, is
 * left, or is never read again. The call ends at once when its signal aborts.
 */
export function follow(call: InterceptedCall, next: Next, hooks: CallHooks): Promise<unknown> {
  return new FollowedCall(call, hooks).run(next)
}

class FollowedCall {
  readonly #call: InterceptedCall
  readonly #hooks: CallHooks
  readonly #waiting = new Set<(error: RpcError) => void>()
  #stopListening = (): void => {}
  #iterator: AnyIterator | undefined
  #responses = 0
  #over = false
  #aborted: RpcError | undefined
  /** Whether the iterator is done, or its `return` was called. */
  #left = false
  #settled = false

  constructor(call: InterceptedCall, hooks: CallHooks) {
    this.#call = call
    this.#hooks = hooks
  }

  async run(next: Next): Promise<unknown> {
    this.#stopListening = onAbort(this.#call.signal, () => this.#abort())
    try {
      const response = await this.#race(this.#start(next))
      if (hasResponseStream(this.#call)) return this.#stream()
      const passed = await this.#race(this.#pass(response))
      this.#end(undefined)
      return passed
    } catch (error) {
      this.#end(callError(this.#call, error))
      throw error
    }
  }

  /** Takes over the responses even if the caller no longer waits for them, so that they can be closed properly. */
  async #start(next: Next): Promise<unknown> {
    try {
      if (this.#aborted !== undefined) throw this.#aborted
      const response = await this.#runStep(() => next(this.#call))
      if (!hasResponseStream(this.#call)) {
        this.#settle()
        return response
      }
      this.#iterator = iteratorOf(response, responsesError)
    } catch (error) {
      this.#settle()
      throw error
    }
    if (this.#over) this.#leaveLater()
    return undefined
  }

  #stream(): AsyncIterableIterator<unknown, undefined> {
    return {
      next: () => this.#next(),
      return: async () => {
        this.#end(new RpcError(StatusCode.CANCELLED, 'the caller left the responses before their end'))
        await this.#leave()
        return { done: true, value: undefined }
      },
      throw: async (error) => {
        this.#end(RpcError.from(error, StatusCode.CANCELLED))
        await this.#leave(error)
        throw error
      },
      [Symbol.asyncIterator]() {
        return this
      },
    }
  }

  async #next(): Promise<IteratorResult<unknown, undefined>> {
    if (this.#aborted !== undefined) throw this.#aborted
    if (this.#over) return { done: true, value: undefined }
    try {
      const step = await this.#race(this.#step())
      if (step.done === true) {
        this.#left = true
        this.#end(undefined)
        this.#settle()
        return { done: true, value: undefined }
      }
      return { done: false, value: await this.#race(this.#pass(step.value)) }
    } catch (error) {
      this.#end(callError(this.#call, error))
      this.#leaveLater()
      throw error
    }
  }

  async #step(): Promise<IteratorResult<unknown, unknown>> {
    return this.#runStep(() => this.#iterator?.next()) ?? { done: true, value: undefined }
  }

  async #pass(response: unknown): Promise<unknown> {
    this.#responses++
    const { onResponse } = this.#hooks
    return onResponse === undefined ? response : onResponse(response)
  }

  #abort(): void {
    if (this.#over) return
    const error = cancelledError(this.#call.signal)
    this.#aborted = error
    this.#end(error)
    for (const reject of this.#waiting) reject(error)
    if (this.#iterator !== undefined) this.#leaveLater()
  }

  /** Closes the responses after all listeners of the signal have run, so that the handler sees the reason of the abort first. */
  #leaveLater(): void {
    queueMicrotask(() => void this.#leave().catch(() => {}))
  }

  async #leave(...thrown: readonly unknown[]): Promise<void> {
    if (this.#left) return
    this.#left = true
    const iterator = this.#iterator
    try {
      await this.#runStep(() =>
        thrown.length > 0 && iterator?.throw !== undefined ? iterator.throw(thrown[0]) : iterator?.return?.(),
      )
    } finally {
      this.#settle()
    }
  }

  /** Returns `promise`, but rejects as soon as the signal aborts. */
  #race<T>(promise: Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      if (this.#aborted === undefined) this.#waiting.add(reject)
      else reject(this.#aborted)
      const forget = (): boolean => this.#waiting.delete(reject)
      promise.then(
        (value) => {
          forget()
          resolve(value)
        },
        (error: unknown) => {
          forget()
          reject(error)
        },
      )
    })
  }

  #runStep<T>(step: () => T): T {
    const { runStep } = this.#hooks
    return runStep === undefined ? step() : runStep(step)
  }

  #end(error: RpcError | undefined): void {
    if (this.#over) return
    this.#over = true
    this.#stopListening()
    try {
      this.#hooks.onOutcome?.({ error, responses: this.#responses })
    } catch {
      // The hook may run during an abort, whose caller could not catch the error.
    }
  }

  #settle(): void {
    if (this.#settled) return
    this.#settled = true
    this.#hooks.onSettled?.()
  }
}
