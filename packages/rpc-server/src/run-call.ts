import type { HandlerContext, MethodDefinition, RpcError } from '@aster/rpc-core'
import { abortable, type AbortScope, type Frame, runSoon } from '@aster/rpc-core/protocol'
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

/** The handlers of a service, by the TypeScript names of its methods. */
export type HandlerObject = Readonly<Record<string, (request: unknown, context: HandlerContext) => unknown>>

/** A call on the wire: `StreamCall` has its stream for itself, `SessionCall` shares one with the calls of its session. */
export interface ServerCall extends RequestSource, ResponseSink {
  readonly connection: ConnectionContext
  readonly format: StreamFormat
  /** Ends the call from outside: its reason reaches the handler's signal, and the consumer if it can. */
  readonly scope: AbortScope
  hasLargeRequest: boolean
  /** When the call's stream had its turn, in milliseconds since the epoch; `Infinity` if that was just now. */
  readonly servedFrom: number
  /** Returns the handlers. Called once the request has come. */
  handlers(): HandlerObject
  /** Ends the call at its deadline, or when its handler has taken too long. */
  expire(error: RpcError): void
  /** Called when the call has its outcome: stops the timer of the deadline, at the latest when the answer is out. */
  handled(method: MethodDefinition, timer: Deadline): void
  /** Starts the timer of the deadline, and to notice the frames that the consumer sends while the handler runs. */
  watch(method: MethodDefinition, timer: Deadline): void
  /** Called when a call cannot be answered at once: its handler, or its answer, has to be waited for. */
  follow(method: MethodDefinition): void
}

/**
 * Runs a call: its access rules, deadline, requests, handler and responses. Returns the response of a unary or
 * client-stream call, so that it can go out in one write with the frames behind it; streamed responses have been sent.
 * Throws the error that ends the call.
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
    // A handler that starts now and waits for the abort would wait forever.
    if (scope.aborted) throw scope.reason
    const handle = (message: unknown, context: HandlerContext): unknown => {
      const result = handlers[method.name]?.(message, context)
      // The `then` of another library may throw, call back twice, call back with a promise, or do its work anew each time.
      return (handled = isThenable(result) ? Promise.resolve(result) : result)
    }
    const circumstances = { peer, request, deadline, scope }
    let outcome =
      intercept === undefined
        ? handle(request, handlerContext(resolved, circumstances, scope))
        : intercept(async (last) => handle(last.request, handlerContext(last, last, last)))(
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
 * Returns what has to be awaited before the only answer of a call is encoded, if anything: room for it, and its turn. Rejects with
 * the reason of the call's scope.
 */
function beforeAnswer(resolved: ResolvedCall, call: ServerCall): Promise<void> | undefined {
  const room = call.frames.whenRoomForAnswer()
  if (room !== undefined) return waitToAnswer(room, resolved, call)
  const turn = beforeEncoding(resolved, call)
  return turn?.then(() => {
    // The answers in front of it may have taken the room.
    const left = call.frames.whenRoomForAnswer()
    return left === undefined ? undefined : waitToAnswer(left, resolved, call)
  })
}

async function waitToAnswer(first: Promise<void>, resolved: ResolvedCall, call: ServerCall): Promise<void> {
  const { frames, scope } = call
  for (let room: Promise<void> | undefined = first; room !== undefined; room = frames.whenRoomForAnswer()) {
    await abortable(room, scope)
    // Deadlines that have passed come first: encoding the answers of calls that are over would take the time of all others.
    await new Promise<void>((resolve) => runSoon(resolve))
    if (scope.aborted) throw scope.reason
  }
  await beforeAnswer(resolved, call)
}

/** Returns what is to be done with the outcome of a handler whose call was aborted before. */
function lateResponses(resolved: ResolvedCall, call: ServerCall): ((outcome: unknown) => void) | undefined {
  if (givesOneResponse(resolved.method)) return undefined
  return (outcome) => endLateResponses(outcome, resolved, call)
}
