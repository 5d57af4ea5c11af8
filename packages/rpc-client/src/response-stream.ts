import type { RpcError } from '@aster/rpc-core'
import type { AnyIterator } from '@aster/rpc-core/protocol'
import type { Call } from './call.ts'
import { callerError, methodName } from './call-errors.ts'
import { markHandledSoon } from './handled.ts'

/**
 * The responses of a call. The call is cancelled if the caller leaves the loop or calls `return()`, and if unfinished
 * responses are garbage-collected.
 *
 * The promise of `next()` need not be awaited: every later `next()` rejects with the error of the call, and none of these
 * promises causes an unhandled rejection.
 */
export interface ResponseStream<Res> {
  // Written out: `AsyncIterableIterator` takes one type argument before TypeScript 5.6.
  /** Resolves to the next response, or to `done` if the producer ended the call with `OK`. Rejects with the call's error. */
  next(): Promise<IteratorResult<Res, undefined>>
  /** Cancels the call, unless it has ended. */
  return(): Promise<IteratorResult<Res, undefined>>
  /** Cancels the call, unless it has ended, and rejects with `error`. */
  throw(error: unknown): Promise<IteratorResult<Res, undefined>>
  /** Returns the stream itself. */
  [Symbol.asyncIterator](): this
}

/** Cancels a call whose responses can no longer be reached. It works because a `Call` has no reference to its responses. */
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
 * The responses of a call that starts with the first `next()`, or with `start()`. The call is cleaned up when its responses end.
 * `next` may be called again before the previous promise settles: each call of `next` gets its own response, in order.
 */
export class CallResponses<Res> implements ResponseStream<Res> {
  readonly #create: () => Call
  #call: Call | undefined
  #starting: Promise<AnyIterator> | undefined
  #iterator: AnyIterator | undefined
  /** The number of promises of `next` that have not settled. */
  #waiting = 0
  /** The latest promise of `next`. */
  #last: Promise<unknown> | undefined
  #left = false

  /** @param create makes the call, and may throw */
  constructor(create: () => Call) {
    this.#create = create
  }

  /** Starts the call unless it has started. If the call cannot start, rejects with the reason, as every `next` does. */
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

  /** Cancels the call, unless it has ended. If the call is still starting, it is cancelled later, without a wait for that. */
  async return(): Promise<IteratorResult<Res, undefined>> {
    if (!this.#left && this.#starting !== undefined) void this.#leave(this.#starting)
    this.#left = true
    return { done: true, value: undefined }
  }

  /** Cancels the call as `return` does, and rejects with `error`. */
  async throw(error: unknown): Promise<IteratorResult<Res, undefined>> {
    await this.return()
    throw error
  }

  /** Ends the call with `error`, even while it is starting. */
  abort(error: RpcError): void {
    this.#call?.abort(error)
    forgotten.unregister(this)
  }

  /** Returns the error for the caller if `thrown` ends the call. Call it in the async function that the caller awaits. */
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
      // If an interceptor's iterator failed, the call behind it is still running.
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
      // The caller of the previous `next` has the error.
    }
    return this.#advance()
  }

  async #leave(starting: Promise<AnyIterator>): Promise<void> {
    try {
      await starting
    } catch {
      // The call failed to start: there is nothing to leave, and the caller has left.
    }
    forgotten.unregister(this)
    await this.#call?.leave()
  }

  #end(): void {
    this.#call?.end()
    forgotten.unregister(this)
  }
}
