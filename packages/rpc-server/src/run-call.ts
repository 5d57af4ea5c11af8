import type { HandlerContext, MethodDefinition, RpcError } from '@aster/rpc-core'
import { abortable, type AbortScope, abortSourceOf, type Frame, runSoon } from '@aster/rpc-core/protocol'
import { isThenable } from '@aster/rpc-core/schema'
import { assertAllowed } from './access.ts'
import type { ConnectionContext } from './connection-context.ts'
import { type Deadline, deadlineOf } from './deadline.ts'
import type { StreamFormat } from './formats.ts'
import { handlerContext, interceptedCall } from './intercepted-call.ts'
import { endLateResponses, followHandler } from './left-handler.ts'
import { readRequest, type RequestSource, requestStream, takesOneRequest } from './requests.ts'
import type { ResolvedCall } from './resolve-call.ts'
import { beforeEncoding, encodeResponse, givesOneResponse, type ResponseSink, sendResponses } from './responses.ts'

/** The handlers by the TypeScript names of their methods. */
export type HandlerObject = Readonly<Record<string, (request: unknown, context: HandlerContext) => unknown>>

/** A call on the wire: a `StreamCall` with its own stream, or a `SessionCall`, which shares a stream with its session's calls. */
export interface ServerCall extends RequestSource, ResponseSink {
  readonly connection: ConnectionContext
  readonly format: StreamFormat
  /** Ends the call from outside. The reason reaches the handler's signal, and the consumer if possible. */
  readonly scope: AbortScope
  hasLargeRequest: boolean
  /** When the server began to serve the session, in milliseconds since the epoch; `Infinity` for a call with its own stream. */
  readonly servedFrom: number
  /** Returns the handlers. Called when the request has arrived. */
  handlers(): HandlerObject
  /** Ends the call at its deadline, or if its handler takes too long. */
  expire(error: RpcError): void
  /** Called when the call has its outcome. Stops the timer of the deadline, at the latest when the answer has been sent. */
  handled(method: MethodDefinition, timer: Deadline): void
  /** Starts the timer of the deadline, and watches for frames that the consumer sends while the handler runs. */
  watch(method: MethodDefinition, timer: Deadline): void
  /** Called if the call cannot be answered at once, because its handler or its answer has to wait. */
  follow(method: MethodDefinition): void
}

/**
 * Runs a call: access rules, deadline, requests, handler and responses. Returns the response of a unary or client-stream call, so
 * that the response and the trailer can go out in one write. Sends streamed responses itself.
 *
 * @throws the error that ends the call
 */
export async function runCall(call: ServerCall, resolved: ResolvedCall): Promise<Frame | undefined> {
  const { connection, scope } = call
  const { method } = resolved
  assertAllowed(resolved, connection)
  const timer = deadlineOf(resolved, call)
  const { deadline } = timer
  const { peer, intercept } = connection
  let handled: unknown
  try {
    let request = takesOneRequest(method) ? readRequest(call, method.request) : requestStream(call, method.request)
    if (isThenable(request)) {
      timer.start()
      request = await request
    }
    call.watch(method, timer)
    const handlers = call.handlers()
    // A handler that started now and waited for the abort event, which has already fired, would wait for ever.
    if (scope.aborted) throw scope.reason
    const handle = (message: unknown, context: HandlerContext): unknown => {
      const result = handlers[method.name]?.(message, context)
      // Wrapped once, since the `then` of another library may throw, call back twice, or start its work again with each call.
      return (handled = isThenable(result) ? Promise.resolve(result) : result)
    }
    const circumstances = { peer, request, deadline, scope }
    let outcome =
      intercept === undefined
        ? handle(request, handlerContext(resolved, circumstances, scope))
        : intercept(async (last) => handle(last.request, handlerContext(last, last, abortSourceOf(last))))(
            interceptedCall(resolved, circumstances),
          )
    if (isThenable(outcome)) {
      call.follow(method)
      outcome = await abortable(outcome as Promise<unknown>, scope, lateResponses(resolved, call))
    }
    if (givesOneResponse(method)) {
      const waiting = beforeAnswer(resolved, call)
      if (waiting !== undefined) {
        call.follow(method)
        await waiting
      }
      return encodeResponse(call, resolved, outcome)
    }
    return await sendResponses(outcome, resolved, call)
  } catch (error) {
    if (scope.aborted) followHandler(handled, resolved, call)
    throw error
  } finally {
    call.handled(method, timer)
  }
}

/**
 * Returns a promise if the only answer of a call must wait before it is encoded, for room or for its turn. The promise rejects with
 * the reason of the call's scope if the scope aborts.
 */
function beforeAnswer(resolved: ResolvedCall, call: ServerCall): Promise<void> | undefined {
  const room = call.frames.whenRoomForAnswer()
  if (room !== undefined) return waitToAnswer(room, resolved, call)
  const turn = beforeEncoding(resolved, call)
  return turn?.then(() => {
    // Answers that were encoded during the wait may have taken the room.
    const left = call.frames.whenRoomForAnswer()
    return left === undefined ? undefined : waitToAnswer(left, resolved, call)
  })
}

async function waitToAnswer(first: Promise<void>, resolved: ResolvedCall, call: ServerCall): Promise<void> {
  const { frames, scope } = call
  for (let room: Promise<void> | undefined = first; room !== undefined; room = frames.whenRoomForAnswer()) {
    await abortable(room, scope)
    // Let deadlines that have passed end their calls first, so that no time is spent on answers of calls that are over.
    await new Promise<void>((resolve) => runSoon(resolve))
    if (scope.aborted) throw scope.reason
  }
  await beforeAnswer(resolved, call)
}

/** Returns a function that ends streamed responses if the handler returns them after the call was aborted. */
function lateResponses(resolved: ResolvedCall, call: ServerCall): ((outcome: unknown) => void) | undefined {
  if (givesOneResponse(resolved.method)) return undefined
  return (outcome) => endLateResponses(outcome, resolved, call)
}
