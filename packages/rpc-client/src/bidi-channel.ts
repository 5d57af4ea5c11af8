import { RpcError, StatusCode } from '@aster/rpc-core'
import { leftError, noteMade, sendAfterEndError } from './call-errors.ts'
import { markHandled, markHandledSoon } from './handled.ts'
import type { RequestQueue } from './request-queue.ts'
import type { CallResponses } from './response-stream.ts'

/**
 * A bidirectional call: `send` and `recv` in any order, or iterate over the responses. Leaving the loop, or the scope of
 * `await using`, before the end cancels the call; so does the garbage collector if the channel is forgotten.
 *
 * The promises of `send` and `recv` need not be awaited: the error of the call is thrown by every later `send` and `recv`, and
 * causes no unhandled rejection.
 */
export class BidiChannel<Req, Res> implements AsyncIterable<Res>, AsyncDisposable {
  readonly #requests: RequestQueue<Req>
  readonly #responses: CallResponses<Res>
  #finished = false
  /** The `recv` that waits. */
  #receiving: Promise<Res | undefined> | undefined
  #over: { readonly error: RpcError | undefined } | undefined

  /** Starts the call. Channels are made by clients. */
  constructor(requests: RequestQueue<Req>, responses: CallResponses<Res>) {
    this.#requests = requests
    this.#responses = responses
    // The error is kept for the next `send` or `recv`.
    responses.start().catch((error: unknown) => this.#end(error as RpcError))
  }

  /** Resolves when there is room for the next one. Throws the call's error once the call is over, `FAILED_PRECONDITION` after `finish()`. */
  send(request: Req): Promise<void> {
    if (this.#finished) return this.#reject(finishedError())
    if (this.#over !== undefined) return this.#reject(this.#over.error ?? sendAfterEndError())
    return this.#requests.push(request)
  }

  /** The next response; `undefined` when the producer has ended the call with `OK`. Throws the call's error otherwise. */
  recv(): Promise<Res | undefined> {
    if (this.#receiving !== undefined) return this.#reject(secondReaderError())
    this.#receiving = this.#recv()
    return this.#receiving
  }

  /** Half-close: no more requests come. Responses may. */
  finish(): void {
    this.#finished = true
    this.#requests.end()
  }

  /** Ends the call with `CANCELLED`. Nothing happens after its end. */
  cancel(reason?: string): void {
    if (this.#over !== undefined) return
    const error = reason === undefined ? leftError() : noteMade(new RpcError(StatusCode.CANCELLED, reason))
    this.#end(error)
    this.#responses.abort(error)
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Res, undefined> {
    // A second reader is told so, and takes nothing from the first.
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

  /** Rejects at once. The promise need not be awaited. */
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
