import { type MethodDefinition, RpcError, StatusCode } from '@aster/rpc-core'
import {
  AbortScope,
  CallHeader,
  callFormat,
  type Frame,
  FrameFlag,
  type FrameStream,
  onAbort,
} from '@aster/rpc-core/protocol'
import type { ConnectionContext, StreamContext } from './connection-context.ts'
import type { Deadline } from './deadline.ts'
import { callError, cancelledByConsumerError, outOfPlaceError } from './errors.ts'
import type { StreamFormat } from './formats.ts'
import { reportExcess } from './header-limits.ts'
import type { Incoming } from './incoming.ts'
import type { RegisteredService } from './registry.ts'
import { takesOneRequest } from './requests.ts'
import { callName, type ResolvedCall, resolveCall } from './resolve-call.ts'
import { givesOneResponse } from './responses.ts'
import { type HandlerObject, runCall, type ServerCall } from './run-call.ts'
import { sendTrailer } from './trailer.ts'

/** An open session: its stream, and the instance of the service that answers its calls. */
export interface OpenSession {
  readonly stream: StreamContext
  readonly service: RegisteredService
  readonly format: StreamFormat
  /** When the server began to serve the session, in milliseconds since the epoch. */
  readonly servedFrom: number
  readonly instance: HandlerObject & Partial<AsyncDisposable & Disposable>
}

/** One call of a session. */
export class SessionCall implements ServerCall {
  readonly rules = 'session'
  readonly servedFrom: number
  readonly connection: ConnectionContext
  readonly frames: FrameStream
  readonly incoming: Incoming
  readonly peerId: string
  format: StreamFormat
  /** The scope of this call. It aborts together with the scope of the stream, which belongs to the session. */
  readonly scope = new AbortScope()
  complete = false
  hasLargeRequest = false
  /** The frame that was out of place and ended the call. The session skips this frame and those that follow it. */
  brokenBy: Frame | undefined
  /** Whether a CANCEL arrived while the handler ran. The loop of the session then takes the CANCEL and answers it. */
  #cancelled = false
  readonly #session: OpenSession

  constructor(session: OpenSession) {
    const { stream, format } = session
    this.connection = stream.connection
    this.peerId = stream.connection.peer.id
    this.frames = stream.frames
    this.incoming = stream.incoming
    this.format = format
    this.servedFrom = session.servedFrom
    this.#session = session
  }

  /**
   * Answers the call that a CALL frame begins.
   *
   * @throws if the session is over
   */
  async run(frame: Frame): Promise<void> {
    const { frames, format } = this
    const { stream, service } = this.#session
    const stopFollowing = onAbort(stream.scope, () => this.scope.abort(stream.scope.reason))
    let resolved: ResolvedCall | undefined
    try {
      resolved = resolveCall(service, readCallHeader(frame, format))
      this.format = callFormat(format, resolved)
      const { answer, stream: streamed } = this.connection.guard.unread
      frames.unread = givesOneResponse(resolved.method) ? answer : streamed
      const response = await runCall(this, resolved)
      // No wait: the session waits for room before its next frame.
      if (response !== undefined) void frames.queue(response.flags, response.payload)
      else sendTrailer(frames, format, undefined)
    } catch (error) {
      if (stream.scope.aborted) throw error
      if (this.#cancelled) return
      if (resolved === undefined) reportExcess(error, this.connection)
      const { name } = service.implementation.definition
      const failed = resolved ? { name: callName(resolved), callId: resolved.callId } : { name, callId: '' }
      sendTrailer(frames, format, callError(error, { ...failed, scope: this.scope }, this.connection))
    } finally {
      stopFollowing()
      this.incoming.watch(undefined)
    }
  }

  handlers(): HandlerObject {
    return this.#session.instance
  }

  expire(error: RpcError): void {
    this.scope.abort(error)
  }

  handled(_method: MethodDefinition, timer: Deadline): void {
    timer.stop()
  }

  watch(method: MethodDefinition, timer: Deadline): void {
    timer.start()
    const isRequestRead = takesOneRequest(method)
    this.incoming.watch((frame) => this.#onFrame(frame, isRequestRead))
  }

  /** Does nothing: `watch` notices frames already. */
  follow(): void {}

  /** Handles a frame, or the end of the stream, that arrives while the handler runs. */
  #onFrame(frame: Frame | undefined, isRequestRead: boolean): void {
    if (frame === undefined)
      this.#session.stream.scope.abort(new RpcError(StatusCode.CANCELLED, 'the consumer ended the session'))
    else if ((frame.flags & FrameFlag.CANCEL) !== 0) {
      this.#cancelled = true
      this.scope.abort(cancelledByConsumerError())
    } else if (isRequestRead || (frame.flags & FrameFlag.CALL) !== 0) {
      this.brokenBy ??= frame
      this.scope.abort(outOfPlaceError('CALL received during active call'))
    }
  }
}

/**
 * Returns the header in a CALL frame.
 *
 * @throws RpcError `INTERNAL` if the header cannot be read (quirk 7 of docs/python-0.1.md)
 */
function readCallHeader({ payload }: Frame, { codec }: StreamFormat): CallHeader {
  try {
    return codec.decode(CallHeader, payload)
  } catch (error) {
    throw new RpcError(StatusCode.INTERNAL, `the call's header cannot be read: ${RpcError.from(error).message}`, {
      cause: error,
    })
  }
}
