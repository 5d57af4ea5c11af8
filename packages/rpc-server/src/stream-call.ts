import type { MethodDefinition, RpcError } from '@aster/rpc-core'
import {
  type AbortScope,
  type BackgroundTask,
  callFormat,
  type Frame,
  type FrameStream,
  messageLimit,
  runInNextTurn,
} from '@aster/rpc-core/protocol'
import type { ConnectionContext, StreamContext } from './connection-context.ts'
import type { Deadline } from './deadline.ts'
import { callError } from './errors.ts'
import type { StreamFormat } from './formats.ts'
import type { Incoming } from './incoming.ts'
import type { CallStream } from './call-stream.ts'
import type { RegisteredService } from './registry.ts'
import { abortIfWithdrawn } from './requests.ts'
import { callName } from './resolve-call.ts'
import { givesOneResponse } from './responses.ts'
import { type HandlerObject, runCall, type ServerCall } from './run-call.ts'
import { finishWithTrailer } from './trailer.ts'

/**
 * Answers a call of a shared service. Calls `onAnswered` when the answer has been sent.
 *
 * @throws if an answer cannot be written
 */
export async function serveCall(
  stream: StreamContext,
  { service, call, format }: CallStream,
  onAnswered: () => void,
): Promise<void> {
  const { connection, frames } = stream
  const { answer, stream: streamed } = connection.guard.unread
  frames.unread = givesOneResponse(call.method) ? answer : streamed
  const running = new StreamCall(stream, service, callFormat(format, call))
  frames.messageLimit = messageLimit(running.format)
  let error: RpcError | undefined
  try {
    addResponse(frames, await runCall(running, call))
  } catch (thrown) {
    error = callError(thrown, { name: callName(call), callId: call.callId, scope: stream.scope }, connection)
  }
  try {
    running.isAnswered = true
    // Queued in the same turn as the response, so that both go out in one write.
    const finishing = finishWithTrailer(frames, format, error)
    if (finishing !== undefined) {
      running.startTimer()
      await finishing
    }
    onAnswered()
  } finally {
    running.end()
  }
}

/** Adds a response. A separate function, since `serveCall` would keep the response in memory until the answer is sent. */
function addResponse(frames: FrameStream, response: Frame | undefined): void {
  if (response !== undefined) frames.add(response.flags, response.payload)
}

/** A call of a shared service, which has a stream of its own. */
class StreamCall implements ServerCall, BackgroundTask {
  readonly rules = 'stream'
  readonly servedFrom = Infinity
  readonly peerId: string
  readonly connection: ConnectionContext
  readonly frames: FrameStream
  readonly incoming: Incoming
  readonly scope: AbortScope
  readonly format: StreamFormat
  complete = false
  /** Whether the whole answer is queued. */
  isAnswered = false
  #timer: Deadline | undefined
  #isFollowed = false
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

  /** Aborts the call. If the answer is queued but was not read, drops the answer. */
  expire(error: RpcError): void {
    if (!this.isAnswered) return this.scope.abort(error)
    this.connection.guard.cutUnread(this.frames, 'the deadline passed before the consumer had taken the answer')
  }

  handled(method: MethodDefinition, timer: Deadline): void {
    if (timer.deadline === undefined || !givesOneResponse(method)) timer.stop()
    else this.#timer = timer
  }

  /** Starts the timer, because the consumer does not take the answer at once. */
  startTimer(): void {
    this.#timer?.start()
  }

  /** Stops the timer. Call it when the answer has been sent, or cannot be sent. */
  end(): void {
    this.#timer?.stop()
  }

  watch({ kind }: MethodDefinition, timer: Deadline): void {
    const { incoming } = this
    this.#timer = timer
    // Most unary handlers answer within this turn. Without a deadline the timer can start later, which keeps their answer fast.
    if (kind !== 'unary' || timer.deadline !== undefined) timer.start()
    if (kind === 'unary') return
    // Frames after the only request are ignored.
    if (kind === 'serverStream') incoming.readAhead()
    // Reads ahead, since a withdrawal must also reach a handler that does not ask for requests.
    else incoming.watch((frame) => abortIfWithdrawn(frame, this))
  }

  follow({ kind }: MethodDefinition): void {
    if (kind === 'unary' && !this.#isFollowed) runInNextTurn(this)
    this.#isFollowed = true
  }

  run(): void {
    if (this.isAnswered) return
    this.startTimer()
    this.incoming.readAhead()
  }
}
