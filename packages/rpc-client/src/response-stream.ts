import { RpcError, StatusCode } from '@aster/rpc-core'
import type { Exchange } from './exchange.ts'
import type { ResponseStream } from './types.ts'

/** The responses of a call as an iterator; leaving it cancels the call. */
export function responseStream(exchange: Exchange): ResponseStream<unknown> {
  return {
    next: () => exchange.receive(),
    async return() {
      exchange.abort(leftError())
      return { done: true, value: undefined }
    },
    async throw(error) {
      exchange.abort(RpcError.from(error, StatusCode.CANCELLED))
      throw error
    },
    [Symbol.asyncIterator]() {
      return this
    },
  }
}

export function leftError(): RpcError {
  return new RpcError(StatusCode.CANCELLED, 'the caller left the responses before their end')
}

/**
 * A stream of responses whose call starts with the first `next()`. `next` may be called again before the last one settled:
 * each gets a response of its own, in order.
 */
export function lazyStream(start: () => Promise<AsyncIterable<unknown>>): ResponseStream<unknown> {
  let started: Promise<AsyncIterator<unknown>> | undefined
  let left = false
  let before: Promise<unknown> | undefined
  const advance = async (): Promise<IteratorResult<unknown, undefined>> => {
    if (left) return { done: true, value: undefined }
    started ??= start().then((stream) => stream[Symbol.asyncIterator]())
    const step = await (await started).next()
    return step.done === true ? { done: true, value: undefined } : step
  }
  return {
    next() {
      const step = before === undefined ? advance() : before.then(advance, advance)
      before = step
      const settled = (): void => {
        if (before === step) before = undefined
      }
      step.then(settled, settled)
      return step
    },
    async return() {
      left = true
      // A call that is still on its way to its stream is left as soon as it is there; nobody has to wait for that.
      started?.then((iterator) => iterator.return?.()).catch(() => {})
      return { done: true, value: undefined }
    },
    async throw(error) {
      await this.return?.()
      throw error
    },
    [Symbol.asyncIterator]() {
      return this
    },
  }
}
