import { RpcError } from '@aster/rpc-core'
import type { AnyIterator } from '@aster/rpc-core/protocol'
import type { Call } from './call.ts'

/** The responses of a call. Leaving the loop, or `return()`, cancels the call. */
export type ResponseStream<Res> = AsyncIterableIterator<Res, undefined>

/**
 * The responses of a call that starts with the first `next()`, or with `start()`. The call is cleaned up at their end.
 * `next` may be called again before the last one settled: each call gets a response of its own, in order.
 */
export class CallResponses<Res> implements ResponseStream<Res> {
  readonly #create: () => Call
  #call: Call | undefined
  #starting: Promise<AnyIterator> | undefined
  #iterator: AnyIterator | undefined
  /** How many calls of `next` have not settled, and the last of them. */
  #waiting = 0
  #last: Promise<unknown> | undefined
  #left = false

  /** `create` makes the call, and may throw. */
  constructor(create: () => Call) {
    this.#create = create
  }

  /** Starts the call unless it has started. Rejects with the error that kept it from starting, as every `next` does then. */
  start(): Promise<AnyIterator> {
    this.#starting ??= this.#start()
    return this.#starting
  }

  next(): Promise<IteratorResult<Res, undefined>> {
    if (this.#left) return Promise.resolve({ done: true, value: undefined })
    this.#waiting += 1
    const step = this.#waiting === 1 || this.#last === undefined ? this.#advance() : this.#advanceAfter(this.#last)
    this.#last = step
    return step
  }

  /** Cancels the call, unless it has ended. A call that is still starting is cancelled when it has; that is not waited for. */
  async return(): Promise<IteratorResult<Res, undefined>> {
    if (!this.#left && this.#starting !== undefined) void this.#leave(this.#starting)
    this.#left = true
    return { done: true, value: undefined }
  }

  /** Does what `return` does, and throws `error`. */
  async throw(error: unknown): Promise<IteratorResult<Res, undefined>> {
    await this.return()
    throw error
  }

  /** Ends the call with `error`, even while it is starting. */
  abort(error: RpcError): void {
    this.#call?.abort(error)
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  async #start(): Promise<AnyIterator> {
    this.#call = this.#create()
    this.#iterator = await this.#call.responses()
    return this.#iterator
  }

  async #advance(): Promise<IteratorResult<Res, undefined>> {
    try {
      if (!this.#left) {
        const iterator = this.#iterator ?? (await this.start())
        const step = await iterator.next()
        if (step.done !== true) return step as IteratorYieldResult<Res>
      }
      this.#call?.end()
      return { done: true, value: undefined }
    } catch (error) {
      this.#call?.end()
      throw RpcError.from(error)
    } finally {
      this.#waiting -= 1
    }
  }

  async #advanceAfter(last: Promise<unknown>): Promise<IteratorResult<Res, undefined>> {
    try {
      await last
    } catch {
      // The caller of that `next` has the error.
    }
    return this.#advance()
  }

  async #leave(starting: Promise<AnyIterator>): Promise<void> {
    try {
      const iterator = await starting
      this.#call?.end()
      await iterator.return?.()
    } catch {
      // The call failed to start, or the clean-up of an interceptor failed: there is no one left to tell.
    }
  }
}
