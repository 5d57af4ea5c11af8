import { type InterceptedCall, RpcError, StatusCode } from '@aster/rpc-core'
import {
  type AbortScope,
  abortSourceOf,
  type AnyIterator,
  deadlineScope,
  iteratorOf,
  responsesError,
} from '@aster/rpc-core/protocol'
import type { Attempts } from './attempts.ts'

/** Returns the responses of a call that is repeated until the first response arrives. Leaving them ends the current attempt. */
export function retriedStream(
  call: InterceptedCall,
  open: (scope: AbortScope) => Promise<unknown>,
  attempts: Attempts,
): AsyncIterableIterator<unknown, undefined> {
  const { scope, cleanup } = deadlineScope(undefined, abortSourceOf(call))
  let iterator: AnyIterator | undefined
  let first: Promise<IteratorResult<unknown, unknown>> | undefined
  let left = false

  const begin = (): Promise<IteratorResult<unknown, unknown>> =>
    attempts.run(call, scope, async () => {
      iterator = iteratorOf(await open(scope), responsesError)
      return iterator.next()
    })
  const step = async (): Promise<IteratorResult<unknown, unknown>> => {
    if (first === undefined) return (first = begin())
    await first
    return iterator?.next() ?? { done: true, value: undefined }
  }
  const leave = async (error: RpcError): Promise<void> => {
    if (left) return
    left = true
    cleanup()
    scope.abort(error)
    await iterator?.return?.()
  }

  return {
    async next() {
      if (left) return { done: true, value: undefined }
      try {
        const { done, value } = await step()
        if (done !== true) return { done: false, value }
        cleanup()
        return { done: true, value: undefined }
      } catch (error) {
        cleanup()
        throw error
      }
    },
    async return() {
      await leave(new RpcError(StatusCode.CANCELLED, 'the caller left the responses before their end'))
      return { done: true, value: undefined }
    },
    async throw(error) {
      await leave(RpcError.from(error, StatusCode.CANCELLED))
      throw error
    },
    [Symbol.asyncIterator]() {
      return this
    },
  }
}
