import { type MethodDefinition, RpcError, StatusCode } from '@aster/rpc-core'
import { encodeMessage, type Frame, type FrameStream, iteratorOf, type MessageFormat } from '@aster/rpc-core/protocol'
import { describe, isObject, isThenable } from '@aster/rpc-core/schema'
import { Interrupt } from './interrupt.ts'
import { endResponses, type LeftCall } from './left-handler.ts'
import { callName, type ResolvedCall } from './resolve-call.ts'

/** The place that the responses of one call go to. */
export interface ResponseSink extends LeftCall {
  readonly frames: FrameStream
  readonly format: MessageFormat
}

/** Returns whether calls of a method have exactly one response, if they succeed. */
export function givesOneResponse({ kind }: Pick<MethodDefinition, 'kind'>): boolean {
  return kind === 'unary' || kind === 'clientStream'
}

/**
 * Returns a response as a frame.
 *
 * @throws RpcError `INTERNAL` if the response does not fit its type; `RESOURCE_EXHAUSTED` if it is too long
 */
export function encodeResponse(format: MessageFormat, call: ResolvedCall, response: unknown): Frame {
  try {
    return encodeMessage(format, call.method.response, response)
  } catch (error) {
    const { code, message } = RpcError.from(error)
    if (code === StatusCode.RESOURCE_EXHAUSTED) throw error
    throw new RpcError(StatusCode.INTERNAL, `the response of ${callName(call)} does not fit its type: ${message}`, {
      cause: error,
    })
  }
}

/**
 * Sends the responses that the handler of a server-stream or bidi call returned. Throws the error that ends the call, at
 * once if it is the scope's.
 */
export async function sendResponses(responses: unknown, call: ResolvedCall, sink: ResponseSink): Promise<undefined> {
  const { frames, format, scope } = sink
  const iterator = iteratorOf(responses, () => noResponsesError(call))
  const interrupt = new Interrupt(scope)
  let pending: Promise<unknown> | undefined
  let room = frames.whenRoom()
  try {
    for (;;) {
      let step: unknown = iterator.next()
      // As `for await` does, with a promise of any library or realm.
      if (isThenable(step)) step = await interrupt.wait((pending = Promise.resolve(step)))
      if (!isObject(step)) throw new TypeError(`the iterator returned ${describe(step)} instead of { done, value }`)
      if (step['done']) return undefined
      let { value } = step
      if (isThenable(value)) value = await interrupt.wait((pending = Promise.resolve(value)))
      if (scope.aborted) throw scope.reason
      for (; room !== undefined; room = frames.whenRoom()) await interrupt.wait(room)
      const { flags, payload } = encodeResponse(format, call, value)
      room = frames.queue(flags, payload)
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
