import { type InterceptedCall, RpcError, StatusCode, type Streamable } from '@aster/rpc-core'
import { type AnyIterator, encodeMessage, iteratorOf, requestsError } from '@aster/rpc-core/protocol'
import type { CallFormat, Exchange, OpenExchange } from './exchange.ts'
import { responseStream } from './response-stream.ts'

/** The end of the interceptors: puts a call on the wire. */
export async function transmit(open: OpenExchange, format: CallFormat, call: InterceptedCall): Promise<unknown> {
  const { kind, request: requestType } = call.method
  if (kind === 'unary' || kind === 'serverStream') {
    const exchange = await open(call, encodeMessage(format, requestType, call.request))
    return kind === 'unary' ? await exchange.receiveOnly() : responseStream(exchange)
  }
  const exchange = await open(call)
  void sendAll(exchange, call.request as Streamable<unknown>)
  return kind === 'clientStream' ? await exchange.receiveOnly() : responseStream(exchange)
}

/** Sends requests until they end, or the call does. A failure of the source ends the call; nothing is thrown. */
async function sendAll(exchange: Exchange, requests: Streamable<unknown>): Promise<void> {
  let iterator: AnyIterator | undefined
  try {
    iterator = iteratorOf(requests, requestsError)
    const source = iterator
    let exhausted = false
    // A source that is waiting for something of its own must learn that nobody waits for it any more.
    exchange.onEnd((error) => {
      if (!exhausted) void leave(source, error)
    })
    for (;;) {
      const step = await source.next()
      exhausted = step.done === true
      if (!exchange.wantsRequests) return
      if (exhausted) break
      const room = exchange.send(step.value)
      if (room !== undefined) await room
    }
    await exchange.finishRequests()
  } catch (error) {
    exchange.abort(RpcError.from(error, StatusCode.CANCELLED))
  }
}

async function leave(iterator: AnyIterator, error: RpcError | undefined): Promise<void> {
  try {
    // A channel's queue, which interceptors may have wrapped, tells its sender.
    await iterator.return?.(error)
  } catch {
    // The source's own clean-up failed; the call has its outcome already.
  }
}
