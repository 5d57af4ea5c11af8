import { type MethodDefinition, RpcError, StatusCode } from '@aster/rpc-core'
import {
  type AbortSource,
  encodeMessage,
  type Frame,
  type FrameStream,
  iteratorOf,
  type MessageFormat,
} from '@aster/rpc-core/protocol'
import { isThenable } from '@aster/rpc-core/schema'
import { Interrupt } from './interrupt.ts'
import { callName, type ResolvedCall } from './resolve-call.ts'

/** The place that the responses of one call go to. */
export interface ResponseSink {
  readonly frames: FrameStream
  readonly format: MessageFormat
  /** The scope of the call. */
  readonly scope: AbortSource
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
export async function sendResponses(
  responses: unknown,
  call: ResolvedCall,
  { frames, format, scope }: ResponseSink,
): Promise<undefined> {
  const iterator = iteratorOf(responses, () => noResponsesError(call))
  const interrupt = new Interrupt(scope)
  try {
    for (;;) {
      const next = iterator.next()
      const step = isThenable(next) ? await interrupt.wait(Promise.resolve(next)) : next
      if (step.done === true) return undefined
      if (scope.aborted) throw scope.reason
      const { flags, payload } = encodeResponse(format, call, step.value)
      const room = frames.queue(flags, payload)
      if (room !== undefined) await interrupt.wait(room)
    }
  } catch (error) {
    // Runs the `finally` of a generator. Not awaited: a generator that is stuck must not keep the call open.
    void (async () => iterator.return?.())().catch(() => {})
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
