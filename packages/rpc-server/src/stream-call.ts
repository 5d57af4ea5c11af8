import type { MethodDefinition, RpcError } from '@aster/rpc-core'
import {
  type AbortScope,
  callFormat,
  type Frame,
  type FrameStream,
  messageLimit,
  runSoon,
} from '@aster/rpc-core/protocol'
import type { ConnectionContext, StreamContext } from './connection-context.ts'
import type { Deadline } from './deadline.ts'
import { callError } from './errors.ts'
import type { StreamFormat } from './formats.ts'
import type { Incoming } from './incoming.ts'
import type { CallStream } from './open-stream.ts'
import type { RegisteredService } from './registry.ts'
import { abortIfWithdrawn } from './requests.ts'
import { callName } from './resolve-call.ts'
import { givesOneResponse } from './responses.ts'
import { type HandlerObject, runCall, type ServerCall } from './run-call.ts'
import { sendTrailer } from './trailer.ts'

/** Answers the call of a shared service. Resolves when the answer is out. Throws if no answer can be made. */
export async function serveCall(stream: StreamContext, { service, call, format }: CallStream): Promise<void> {
  const { connection, frames } = stream
  const { answer, stream: streamed } = connection.guard.unread
  frames.unread = givesOneResponse(call.method) ? answer : streamed
  const running = new StreamCall(stream, service, callFormat(format, call))
  frames.messageLimit = messageLimit(running.format)
  let error: RpcError | undefined
  try {
    queueResponse(frames, await runCall(running, call))
  } catch (thrown) {
    error = callError(thrown, { name: callName(call), callId: call.callId, scope: stream.scope }, connection)
  }
  try {
    running.isAnswered = true
    // In the same turn as the response, so that everything goes out in one write.
    sendTrailer(frames, format, error)
    await frames.finish()
  } finally {
    running.stopDeadline()
  }
}

/** A function of its own: the call, which waits until the answer is out, would keep it. */
function queueResponse(frames: FrameStream, response: Frame | undefined): void {
  // No wait: only the trailer comes behind it.
  if (response !== undefined) void frames.queue(response.flags, response.payload)
}

const nothing = (): void => {}

/** A call that has its stream for itself. */
class StreamCall implements ServerCall {
  readonly rules = 'stream'
  readonly servedFrom = Infinity
  readonly peerId: string
  readonly connection: ConnectionContext
  readonly frames: FrameStream
  readonly incoming: Incoming
  readonly scope: AbortScope
  readonly format: StreamFormat
  complete = false
  /** Whether all of the answer is queued. */
  isAnswered = false
  /** Stops the timer of the deadline. */
  stopDeadline = nothing
  hasLargeRequest = false
  readonly #service: RegisteredService

  constructor(stream: StreamContext, service: RegisteredService, format: StreamFormat) {
    this.connection = stream.connection
    this.peerId = stream.connection.peer.id
    this.frames = stream.frames
    this.incoming = stream.incoming
    this.scope = stream.scope
    this.format = format
    this.#service = service
  }

  handlers(): HandlerObject {
    return this.#service.implementation.open(this.connection.peer) as HandlerObject
  }

  /** An answer that is not read by then is dropped. */
  expire(error: RpcError): void {
    if (!this.isAnswered) return this.scope.abort(error)
    this.connection.guard.cutUnread(this.frames, 'the deadline passed before the consumer had taken the answer')
  }

  handled(method: MethodDefinition, { deadline, cleanup }: Deadline): void {
    if (deadline !== undefined && givesOneResponse(method)) this.stopDeadline = cleanup
    else cleanup()
  }

  watch({ kind }: MethodDefinition): void {
    const { incoming } = this
    // Most unary handlers have answered within this turn, and their answer goes first.
    if (kind === 'unary') runSoon(() => incoming.readAhead())
    // Frames behind the only request are ignored.
    else if (kind === 'serverStream') incoming.readAhead()
    // A withdrawal must reach a handler that does not ask for requests.
    else incoming.watch((frame) => abortIfWithdrawn(frame, this))
  }
}
