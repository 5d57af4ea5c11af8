import type { MethodDefinition, RpcError } from '@aster/rpc-core'
import { type AbortScope, callFormat, type FrameStream, runSoon } from '@aster/rpc-core/protocol'
import type { ConnectionContext, StreamContext } from './connection-context.ts'
import { callError } from './errors.ts'
import type { StreamFormat } from './formats.ts'
import type { Incoming } from './incoming.ts'
import type { CallStream } from './open-stream.ts'
import type { RegisteredService } from './registry.ts'
import { abortIfWithdrawn } from './requests.ts'
import { callName } from './resolve-call.ts'
import { type HandlerObject, runCall, type ServerCall } from './run-call.ts'
import { sendTrailer } from './trailer.ts'

/** Answers the call of a shared service. Resolves when the answer is out. Throws if no answer can be made. */
export async function serveCall(stream: StreamContext, { service, call, format }: CallStream): Promise<void> {
  const { connection, frames } = stream
  let error: RpcError | undefined
  try {
    const response = await runCall(new StreamCall(stream, service, callFormat(format, call)), call)
    if (response !== undefined) void frames.queue(response.flags, response.payload)
  } catch (thrown) {
    error = callError(thrown, { name: callName(call), callId: call.callId, scope: stream.scope }, connection)
  }
  // In the same turn as the response, so that everything goes out in one write.
  sendTrailer(frames, format, error)
  await frames.finish()
}

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
