import type { RpcError } from '@aster/rpc-core'
import type { AnyIterator } from '@aster/rpc-core/protocol'
import type { Call } from './call.ts'
import { callerError, methodName } from './call-errors.ts'
import { markHandledSoon } from './handled.ts'

/**
 * The responses of a call. Leaving the loop, or `return()`, cancels the call; so does the garbage collector if the responses
 * are forgotten before their end.
 *
 * The promise of `next()` need not be awaited: the error of the call is thrown by every later `next()`, and causes no unhandled
 * rejection.
 */
export interface ResponseStream<Res> {
  // Written out: `AsyncIterableIterator` takes one type argument before TypeScript 5.6.
  /** The next response; `done` when the producer has ended the call with `OK`. Rejects with the call's error otherwise. */
  next(): Promise<IteratorResult<Res, undefined>>
  /** Cancels the call, unless it has ended. */
  return(): Promise<IteratorResult<Res, undefined>>
  /** Cancels the call, unless it has ended, and rejects with `error`. */
  throw(error: unknown): Promise<IteratorResult<Res, undefined>>
  [Symbol.asyncIterator](): this
}

/** Cancels the calls of responses that can no longer be reached. A `Call` has no way back to its responses. */
const forgotten = new FinalizationRegistry<Call>((call) => {
  if (call.underWay === 0) return
  const name = methodName(call.plan)
  call.plan.logger?.warn(
    { method: name },
    `the responses of ${name} were forgotten before their end: the call is cancelled`,
  )
  void call.leave()
})

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
    forgotten.unregister(this)
  }

  /** Returns what the caller is told if `thrown` ends the call. To be called in the function that the caller awaits. */
  callerError(thrown: unknown): RpcError {
    return this.#call === undefined ? callerError(thrown) : this.#call.callerError(thrown)
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  async #start(): Promise<AnyIterator> {
    this.#call = this.#create()
    this.#iterator = await this.#call.responses()
    forgotten.register(this, this.#call, this)
    return this.#iterator
  }

  async #advance(): Promise<IteratorResult<Res, undefined>> {
    try {
      if (!this.#left) {
        const iterator = this.#iterator ?? (await this.start())
        const step = await iterator.next()
        if (step.done !== true) return step as IteratorYieldResult<Res>
      }
      this.#end()
      return { done: true, value: undefined }
    } catch (error) {
      this.#end()
      // An iterator of an interceptor may have failed on its own.
      void this.#call?.leave()
      markHandledSoon(() => this.#last)
      throw this.callerError(error)
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
      await starting
    } catch {
      // The call failed to start: there is nothing to leave, and no one left to tell.
    }
    forgotten.unregister(this)
    await this.#call?.leave()
  }

  #end(): void {
    this.#call?.end()
    forgotten.unregister(this)
  }
}
