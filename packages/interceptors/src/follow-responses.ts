import { type InterceptedCall, type Next, RpcError, StatusCode } from '@aster/rpc-core'
import { type AnyIterator, iteratorOf, responsesError } from '@aster/rpc-core/protocol'
import { CallEnd } from './call-end.ts'
import type { CallHooks } from './call-hooks.ts'

/** Follows a call with a stream of responses. */
export function followResponses(call: InterceptedCall, next: Next, hooks: CallHooks): Promise<unknown> {
  return new FollowedStream(call, hooks).run(next)
}

class FollowedStream {
  readonly #call: InterceptedCall
  readonly #hooks: CallHooks
  readonly #end: CallEnd
  readonly #waiting = new Set<(error: RpcError) => void>()
  #iterator: AnyIterator | undefined
  /** Whether the iterator is done, or its `return` was called. */
  #left = false

  constructor(call: InterceptedCall, hooks: CallHooks) {
    this.#call = call
    this.#hooks = hooks
    this.#end = new CallEnd(call, hooks, (error) => {
      for (const reject of this.#waiting) reject(error)
      if (this.#iterator !== undefined) this.#leaveLater()
    })
  }

  async run(next: Next): Promise<unknown> {
    try {
      await this.#race(this.#start(next))
      return this.#stream()
    } catch (error) {
      this.#end.fail(error)
      throw error
    }
  }

  /** Takes over the responses even if the caller no longer waits for them, so that they can be closed properly. */
  async #start(next: Next): Promise<void> {
    try {
      if (this.#end.aborted !== undefined) throw this.#end.aborted
      this.#iterator = iteratorOf(await this.#runStep(() => next(this.#call)), responsesError)
    } catch (error) {
      this.#end.settle()
      throw error
    }
    if (this.#end.isOver) this.#leaveLater()
  }

  #stream(): AsyncIterableIterator<unknown, undefined> {
    return {
      next: () => this.#next(),
      return: async () => {
        this.#end.fail(new RpcError(StatusCode.CANCELLED, 'the caller left the responses before their end'))
        await this.#leave()
        return { done: true, value: undefined }
      },
      throw: async (error) => {
        this.#end.fail(RpcError.from(error, StatusCode.CANCELLED))
        await this.#leave(error)
        throw error
      },
      [Symbol.asyncIterator]() {
        return this
      },
    }
  }

  async #next(): Promise<IteratorResult<unknown, undefined>> {
    if (this.#end.aborted !== undefined) throw this.#end.aborted
    if (this.#end.isOver) return { done: true, value: undefined }
    try {
      const step = await this.#race(this.#step())
      if (step.done === true) {
        this.#left = true
        this.#end.succeed()
        this.#end.settle()
        return { done: true, value: undefined }
      }
      return { done: false, value: await this.#race(this.#pass(step.value)) }
    } catch (error) {
      this.#end.fail(error)
      this.#leaveLater()
      throw error
    }
  }

  async #step(): Promise<IteratorResult<unknown, unknown>> {
    return this.#runStep(() => this.#iterator?.next()) ?? { done: true, value: undefined }
  }

  async #pass(response: unknown): Promise<unknown> {
    this.#end.responses++
    const { onResponse } = this.#hooks
    return onResponse === undefined ? response : onResponse(response)
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
      this.#end.settle()
    }
  }

  /** Returns `promise`, but rejects as soon as the call is aborted. */
  #race<T>(promise: Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      if (this.#end.aborted === undefined) this.#waiting.add(reject)
      else reject(this.#end.aborted)
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
}
