import { RpcError, StatusCode } from '@aster/rpc-core'
import { leftError, sendAfterEndError } from './call-errors.ts'
import type { RequestQueue } from './request-queue.ts'
import type { CallResponses } from './response-stream.ts'

/**
 * A bidirectional call: `send` and `recv` in any order, or iterate over the responses. Leaving the loop, or the scope of
 * `await using`, before the end cancels the call.
 */
export class BidiChannel<Req, Res> implements AsyncIterable<Res>, AsyncDisposable {
  readonly #requests: RequestQueue<Req>
  readonly #responses: CallResponses<Res>
  #finished = false
  #receiving = false
  #over: { readonly error: RpcError | undefined } | undefined

  /** Starts the call. Channels are made by clients. */
  constructor(requests: RequestQueue<Req>, responses: CallResponses<Res>) {
    this.#requests = requests
    this.#responses = responses
    // The error is kept for the next `send` or `recv`.
    responses.start().catch((error: unknown) => this.#end(RpcError.from(error)))
  }

  /** Resolves when there is room for the next one. Throws the call's error once the call is over, `FAILED_PRECONDITION` after `finish()`. */
  async send(request: Req): Promise<void> {
    if (this.#finished)
      throw new RpcError(StatusCode.FAILED_PRECONDITION, 'send after finish: this side of the call is closed')
    if (this.#over !== undefined) throw this.#over.error ?? sendAfterEndError()
    await this.#requests.push(request)
  }

  /** The next response; `undefined` when the producer has ended the call with `OK`. Throws the call's error otherwise. */
  async recv(): Promise<Res | undefined> {
    if (this.#receiving)
      throw new RpcError(
        StatusCode.FAILED_PRECONDITION,
        'recv while another recv is waiting: responses have one reader',
      )
    this.#receiving = true
    try {
      const step = await this.#responses.next()
      if (step.done !== true) return step.value
      this.#end(undefined)
      return undefined
    } catch (error) {
      throw this.#end(RpcError.from(error))
    } finally {
      this.#receiving = false
    }
  }

  /** Half-close: no more requests come. Responses may. */
  finish(): void {
    this.#finished = true
    this.#requests.end()
  }

  /** Ends the call with `CANCELLED`. Nothing happens after its end. */
  cancel(reason?: string): void {
    if (this.#over !== undefined) return
    const error = reason === undefined ? leftError() : new RpcError(StatusCode.CANCELLED, reason)
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

  #end(error: RpcError | undefined): RpcError {
    this.#over ??= { error }
    this.#requests.close(error)
    return error as RpcError
  }
}
