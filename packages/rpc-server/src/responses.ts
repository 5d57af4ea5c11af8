import { type MethodDefinition, RpcError, StatusCode } from '@aster/rpc-core'
import {
  encodeMessage,
  type Frame,
  type FrameStream,
  iteratorOf,
  LARGE_MESSAGE,
  LongWork,
  type MessageFormat,
  messageTurns,
} from '@aster/rpc-core/protocol'
import { describe, isObject, isThenable } from '@aster/rpc-core/schema'
import type { ConnectionContext } from './connection-context.ts'
import { Interrupt } from './interrupt.ts'
import { endResponses, type LeftCall } from './left-handler.ts'
import { callName, type ResolvedCall } from './resolve-call.ts'

/** Receives the responses of one call. */
export interface ResponseSink extends LeftCall {
  /** Whether a request of the call was large, so that its turn may still be under way. */
  readonly hasLargeRequest: boolean
  readonly frames: FrameStream
  readonly format: MessageFormat
  readonly connection: ConnectionContext
}

/** Returns whether calls of a method have exactly one response, if they succeed. */
export function givesOneResponse({ kind }: Pick<MethodDefinition, 'kind'>): boolean {
  return kind === 'unary' || kind === 'clientStream'
}

/**
 * Returns a promise if a response must wait for its turn, because it is probably large. The size is known only after encoding, so
 * earlier messages decide. The promise rejects with the reason of the call's scope if the scope aborts.
 */
export function beforeEncoding({ method }: ResolvedCall, sink: ResponseSink): Promise<void> | undefined {
  const { connection, hasLargeRequest, scope } = sink
  if (!hasLargeRequest && !connection.largeResponses.has(method)) return undefined
  return messageTurns.wait(connection.peer.id, LARGE_MESSAGE, scope)
}

/**
 * Returns a response as a frame.
 *
 * @throws RpcError `INTERNAL` if the response does not fit its type; `RESOURCE_EXHAUSTED` if it is too long
 */
export function encodeResponse({ format, connection }: ResponseSink, call: ResolvedCall, response: unknown): Frame {
  try {
    const frame = encodeMessage(format, call.method.response, response)
    if (frame.payload.length >= LARGE_MESSAGE || frame.flags !== 0) noteLarge(connection, call)
    return frame
  } catch (error) {
    const { code, message } = RpcError.from(error)
    if (code === StatusCode.RESOURCE_EXHAUSTED) throw error
    throw new RpcError(StatusCode.INTERNAL, `the response of ${callName(call)} does not fit its type: ${message}`, {
      cause: error,
    })
  }
}

/** Notes that a response was large or compressed. The next large message waits for another turn of the event loop. */
function noteLarge({ largeResponses, peer }: ConnectionContext, { method }: ResolvedCall): void {
  largeResponses.add(method)
  if (!messageTurns.isBusy) void messageTurns.wait(peer.id, LARGE_MESSAGE)
}

/**
 * Sends the responses that the handler of a server-stream or bidi call returned. If the call's scope aborts, throws its reason at
 * once.
 *
 * @throws the error that ends the call
 */
export async function sendResponses(responses: unknown, call: ResolvedCall, sink: ResponseSink): Promise<undefined> {
  const { frames, scope } = sink
  const iterator = iteratorOf(responses, () => noResponsesError(call))
  const interrupt = new Interrupt(scope)
  const work = new LongWork()
  let pending: Promise<unknown> | undefined
  let room = frames.whenRoom()
  try {
    for (;;) {
      let step: unknown = iterator.next()
      // As `for await` does, accept a promise of any library or realm.
      if (isThenable(step)) step = await interrupt.wait((pending = Promise.resolve(step)))
      if (!isObject(step)) throw new TypeError(`the iterator returned ${describe(step)} instead of { done, value }`)
      if (step['done']) return undefined
      let { value } = step
      if (isThenable(value)) value = await interrupt.wait((pending = Promise.resolve(value)))
      if (scope.aborted) throw scope.reason
      for (; room !== undefined; room = frames.whenRoom()) await interrupt.wait(room)
      const turn = beforeEncoding(call, sink)
      if (turn !== undefined) await turn
      const { flags, payload } = encodeResponse(sink, call, value)
      room = frames.queue(flags, payload) ?? work.pause()
      if (room !== undefined) await interrupt.wait(room)
    }
  } catch (error) {
    endResponses(iterator, pending, call, sink)
    throw error
  } finally {
    interrupt.stop()
  }
}

function noResponsesError(call: ResolvedCall): RpcError {
  return new RpcError(
    StatusCode.INTERNAL,
    `the handler of ${callName(call)} gave no responses: expected an Iterable or an AsyncIterable`,
  )
}
