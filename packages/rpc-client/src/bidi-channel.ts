import { RpcError, StatusCode } from '@aster/rpc-core'
import { leftError, noteMade, sendAfterEndError } from './call-errors.ts'
import { markHandled, markHandledSoon } from './handled.ts'
import type { RequestQueue } from './request-queue.ts'
import type { CallResponses } from './response-stream.ts'

/**
 * A bidirectional call. Call `send` and `recv` in any order, or iterate over the responses. The call is cancelled if the caller
 * leaves the loop or the scope of `await using` before the call ends, and if the channel is garbage-collected.
 *
 * The promises of `send` and `recv` need not be awaited: every later `send` and `recv` rejects with the error of the call, and none
 * of these promises causes an unhandled rejection.
 */
export class BidiChannel<Req, Res> implements AsyncIterable<Res>, AsyncDisposable {
  readonly #requests: RequestQueue<Req>
  readonly #responses: CallResponses<Res>
  #finished = false
  /** The promise of the waiting `recv`. */
  #receiving: Promise<Res | undefined> | undefined
  #over: { readonly error: RpcError | undefined } | undefined

  /** Starts the call. Only clients create channels. */
  constructor(requests: RequestQueue<Req>, responses: CallResponses<Res>) {
    this.#requests = requests
    this.#responses = responses
    // The next `send` or `recv` throws the error.
    responses.start().catch((error: unknown) => this.#end(error as RpcError))
  }

  /**
   * Sends a request. Resolves when there is room for the next one.
   *
   * @throws RpcError the error of the call if the call is over; `FAILED_PRECONDITION` after `finish()`, or if the call has ended
   *   with `OK`
   */
  send(request: Req): Promise<void> {
    if (this.#finished) return this.#reject(finishedError())
    if (this.#over !== undefined) return this.#reject(this.#over.error ?? sendAfterEndError())
    return this.#requests.push(request)
  }

  /**
   * Returns the next response, or `undefined` if the producer has ended the call with `OK`.
   *
   * @throws RpcError the error of the call; `FAILED_PRECONDITION` if another `recv` is waiting
   */
  recv(): Promise<Res | undefined> {
    if (this.#receiving !== undefined) return this.#reject(secondReaderError())
    this.#receiving = this.#recv()
    return this.#receiving
  }

  /** Ends the requests. Responses may still arrive. */
  finish(): void {
    this.#finished = true
    this.#requests.end()
  }

  /** Ends the call with `CANCELLED` and `reason` as the message. Does nothing if the call is over. */
  cancel(reason?: string): void {
    if (this.#over !== undefined) return
    const error = reason === undefined ? leftError() : noteMade(new RpcError(StatusCode.CANCELLED, reason))
    this.#end(error)
    this.#responses.abort(error)
  }

  /** Iterates over the responses. Leaving the loop before their end cancels the call. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Res, undefined> {
    // A second reader gets an error from `recv`. That error must not cancel the call of the first reader.
    let left = false
    try {
      for (let response = await this.recv(); response !== undefined; response = await this.recv()) {
        left = true
        yield response
        left = false
      }
    } finally {
      if (left) this.cancel()
    }
    return undefined
  }

  /** Cancels the call, unless it is over. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.cancel()
  }

  async #recv(): Promise<Res | undefined> {
    try {
      const step = await this.#responses.next()
      this.#receiving = undefined
      if (step.done !== true) return step.value
      this.#end(undefined)
      return undefined
    } catch (error) {
      const receiving = this.#receiving
      this.#receiving = undefined
      markHandledSoon(() => receiving)
      throw this.#end(error as RpcError)
    }
  }

  /** Returns a promise that has rejected and need not be awaited. */
  #reject(error: RpcError): Promise<never> {
    const rejected = Promise.reject(this.#responses.callerError(error))
    markHandled(rejected)
    return rejected
  }

  #end(error: RpcError | undefined): RpcError {
    this.#over ??= { error }
    this.#requests.close(error)
    return error as RpcError
  }
}

function finishedError(): RpcError {
  const text = 'send after finish: this side of the call is closed'
  return noteMade(new RpcError(StatusCode.FAILED_PRECONDITION, text))
}

function secondReaderError(): RpcError {
  const text = 'recv while another recv is waiting: responses have one reader'
  return noteMade(new RpcError(StatusCode.FAILED_PRECONDITION, text))
}
