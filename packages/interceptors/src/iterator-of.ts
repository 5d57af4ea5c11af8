import { RpcError, StatusCode } from '@aster/rpc-core'

export type AnyIterator = AsyncIterator<unknown, unknown> | Iterator<unknown, unknown>

/** Responses are an `AsyncIterable`, those of a handler perhaps an `Iterable`; so are requests. Throws `RpcError` for anything else. */
export function iteratorOf(messages: unknown, what: 'requests' | 'responses'): AnyIterator {
  if (typeof messages === 'object' && messages !== null) {
    if (Symbol.asyncIterator in messages) return (messages as AsyncIterable<unknown>)[Symbol.asyncIterator]()
    if (Symbol.iterator in messages) return (messages as Iterable<unknown>)[Symbol.iterator]()
  }
  const code = what === 'requests' ? StatusCode.INVALID_ARGUMENT : StatusCode.INTERNAL
  throw new RpcError(code, `the ${what} of a stream: expected an Iterable or an AsyncIterable of messages`)
}
