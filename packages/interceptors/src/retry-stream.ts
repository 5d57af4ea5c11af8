import { type InterceptedCall, RpcError, StatusCode } from '@aster/rpc-core'
import { type AnyIterator, iteratorOf, onAbort, responsesError } from '@aster/rpc-core/protocol'
import type { Attempts } from './retry.ts'

/** Responses whose call is made again until the first of them is there. Leaving them ends whatever attempt is under way. */
export function retriedStream(
  call: InterceptedCall,
  open: (signal: AbortSignal) => Promise<unknown>,
  attempts: Attempts,
): AsyncIterableIterator<unknown, undefined> {
  const controller = new AbortController()
  const { signal } = controller
  const off = onAbort(call.signal, () => controller.abort(call.signal.reason))
  let iterator: AnyIterator | undefined
  let first: Promise<IteratorResult<unknown, unknown>> | undefined
  let left = false

  const begin = (): Promise<IteratorResult<unknown, unknown>> =>
    attempts(call, signal, async () => {
      iterator = iteratorOf(await open(signal), responsesError)
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
    off()
    controller.abort(error)
    await iterator?.return?.()
  }

  return {
    async next() {
      if (left) return { done: true, value: undefined }
      try {
        const { done, value } = await step()
        if (done !== true) return { done: false, value }
        off()
        return { done: true, value: undefined }
      } catch (error) {
        off()
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
