import { RpcError } from '../../rpc-error.ts'
import { StatusCode } from '../../status-code.ts'

/** An iterator of messages, asynchronous or not. */
export type AnyIterator = AsyncIterator<unknown, unknown> | Iterator<unknown, unknown>

const EXPECTED = 'expected an Iterable or an AsyncIterable of messages'

/**
 * Returns the iterator of the messages of a stream.
 *
 * @throws the result of `notIterable()` if `messages` is neither an Iterable nor an AsyncIterable object
 */
export function iteratorOf(messages: unknown, notIterable: () => RpcError): AnyIterator {
  if (typeof messages === 'object' && messages !== null) {
    if (Symbol.asyncIterator in messages) return (messages as AsyncIterable<unknown>)[Symbol.asyncIterator]()
    if (Symbol.iterator in messages) return (messages as Iterable<unknown>)[Symbol.iterator]()
  }
  throw notIterable()
}

/** Returns the error of a call whose requests are not a stream. */
export function requestsError(): RpcError {
  return new RpcError(StatusCode.INVALID_ARGUMENT, `the requests of a stream: ${EXPECTED}`)
}

/** Returns the error of a call whose responses are not a stream. */
export function responsesError(): RpcError {
  return new RpcError(StatusCode.INTERNAL, `the responses of a stream: ${EXPECTED}`)
}
