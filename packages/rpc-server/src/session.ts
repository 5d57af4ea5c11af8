import { RpcError, StatusCode } from '@aster/rpc-core'
import { abortable, AbortScope, runAt, CallHeader, type Frame, FrameFlag, onAbort } from '@aster/rpc-core/protocol'
import { metadataOf } from './call-metadata.ts'
import { startDeadline } from './deadline.ts'
import { failureOf, type HandlerObject, interceptedCall, runHandler } from './handler-call.ts'
import { methodOf, type ServedService } from './registry.ts'
import { onlyRequest, type RequestSource, requestStream } from './requests.ts'
import { withCallId } from './stream-format.ts'
import { type OpenedStream, sendTrailer } from './stream-handler.ts'

/** How long the end of an instance is waited for. */
const DISPOSE_MS = 10_000

const cancelledByConsumer = (): RpcError => new RpcError(StatusCode.CANCELLED, 'the consumer cancelled the call')

/** A session: one instance of the service, and its calls one after another until the consumer finishes, or the producer shuts down. */
export async function runSession(stream: OpenedStream): Promise<void> {
  const { setting, header } = stream
  const served = setting.registry.service(header.service, header.version)
  const handlers = served.implementation.open(setting.peer) as HandlerObject & Partial<AsyncDisposable & Disposable>
  try {
    await runCalls(stream, served, handlers)
  } catch (error) {
    setting.options.logger?.debug(
      { err: error, service: header.service, peer: setting.peer.id },
      'a session was broken off',
    )
  } finally {
    await dispose(handlers, stream)
  }
}

/** Throws what broke the session off. */
async function runCalls(stream: OpenedStream, served: ServedService, handlers: HandlerObject): Promise<void> {
  const { frames, format, setting } = stream
  // Behind a call that was refused or ended early, what it had still to say is skipped.
  let skipping = false
  let broken: Frame | undefined
  for (;;) {
    const frame = await nextFrame(stream)
    if (frame === 'refused') {
      // Nobody asked; it is there as the answer to the next call, under way or not.
      return sendTrailer(frames, format, setting.refusing.reason as RpcError)
    }
    if (frame === undefined) return
    if (frame === broken) {
      skipping = true
    } else if ((frame.flags & FrameFlag.CANCEL) !== 0) {
      sendTrailer(frames, format, cancelledByConsumer())
    } else if ((frame.flags & FrameFlag.CALL) !== 0) {
      const call = new SessionCall(stream, served, handlers)
      await call.run(frame)
      skipping = !call.complete
      broken = call.brokenBy
    } else if (!skipping) {
      return sendTrailer(frames, format, new RpcError(StatusCode.FAILED_PRECONDITION, 'Expected CALL frame'))
    }
  }
}

/** What the consumer says between two calls; `'refused'` once no more calls are taken. */
async function nextFrame({ incoming, scope, setting }: OpenedStream): Promise<Frame | 'refused' | undefined> {
  const { refusing } = setting
  const idle = new AbortScope()
  const offs = [scope, refusing].map((source) => onAbort(source, () => idle.abort(source.reason)))
  try {
    return await incoming.take(idle)
  } catch (error) {
    if (refusing.aborted && !scope.aborted) return 'refused'
    throw error
  } finally {
    for (const off of offs) off()
  }
}

/** One call within a session. */
class SessionCall {
  readonly #stream: OpenedStream
  readonly #served: ServedService
  readonly #handlers: HandlerObject
  readonly #scope = new AbortScope()
  /** Whether the consumer has said all that belongs to the call. */
  complete = false
  /** The frame that came where none may, and ended the call; it and what follows is skipped. */
  brokenBy: Frame | undefined
  /** A CANCEL is under way to the loop, which answers it. */
  #cancelled = false

  constructor(stream: OpenedStream, served: ServedService, handlers: HandlerObject) {
    this.#stream = stream
    this.#served = served
    this.#handlers = handlers
  }

  /** Throws only when the session is over. */
  async run(frame: Frame): Promise<void> {
    const { scope: session, format, frames, setting } = this.#stream
    const off = onAbort(session, () => this.#scope.abort(session.reason))
    let name = this.#served.implementation.definition.name
    let callId = ''
    try {
      const header = this.#readHeader(frame)
      name += `.${header.method}`
      callId = header.callId
      await this.#dispatch(header)
    } catch (error) {
      if (session.aborted) throw error
      if (!this.#cancelled) sendTrailer(frames, format, failureOf(error, name, callId, setting))
    } finally {
      off()
      this.#stream.incoming.watch(undefined)
    }
  }

  #readHeader(frame: Frame): CallHeader {
    try {
      return withCallId(this.#stream.format.codec.decode(CallHeader, frame.payload))
    } catch (error) {
      throw new RpcError(StatusCode.INTERNAL, `the call's header cannot be read: ${RpcError.from(error).message}`, {
        cause: error,
      })
    }
  }

  async #dispatch(header: CallHeader): Promise<void> {
    const { setting, frames, incoming, format } = this.#stream
    const method = methodOf(this.#served, header.method)
    const { kind } = method
    const metadata = metadataOf(header)
    const { deadline, cleanup } = startDeadline(header.deadlineEpochMs, setting.options.handlerTimeoutMs, this.#scope)
    try {
      const source: RequestSource = {
        incoming,
        format,
        statusCodec: setting.options.codecs.find((codec) => codec !== format.codec),
        type: method.request,
        signal: this.#scope,
        abort: (error) => this.#scope.abort(error),
        onEnd: () => (this.complete = true),
      }
      const single = kind === 'unary' || kind === 'serverStream'
      const request = single ? await onlyRequest(source) : requestStream(source)
      incoming.watch((frame) => this.#interrupt(frame, single))
      const call = interceptedCall(this.#served.implementation.definition, method, {
        callId: header.callId,
        peer: setting.peer,
        request,
        metadata,
        deadline,
        scope: this.#scope,
      })
      const response = await runHandler({
        setting,
        scope: this.#scope,
        handlers: this.#handlers,
        call,
        format,
        respond: (frame) => frames.queue(frame.flags, frame.payload),
      })
      if (response !== undefined) void frames.queue(response.flags, response.payload)
      else sendTrailer(frames, format, undefined)
    } finally {
      cleanup()
    }
  }

  /** A frame came while the handler runs. */
  #interrupt(frame: Frame | undefined, single: boolean): void {
    if (frame === undefined)
      this.#stream.scope.abort(new RpcError(StatusCode.CANCELLED, 'the consumer ended the session'))
    else if ((frame.flags & FrameFlag.CANCEL) !== 0) {
      this.#cancelled = true
      this.#scope.abort(cancelledByConsumer())
    } else if (single || (frame.flags & FrameFlag.CALL) !== 0) {
      this.brokenBy ??= frame
      this.#scope.abort(new RpcError(StatusCode.FAILED_PRECONDITION, 'CALL received during active call'))
    }
  }
}

/** Never rejects, and waits no longer than `DISPOSE_MS`: what never ends must not keep the server from closing. */
async function dispose(
  handlers: Partial<AsyncDisposable & Disposable>,
  { setting, header }: OpenedStream,
): Promise<void> {
  const end = handlers[Symbol.asyncDispose] ?? handlers[Symbol.dispose]
  if (end === undefined) return
  const late = new AbortScope()
  const off = runAt(Date.now() + DISPOSE_MS, () => late.abort(new Error(`it has not ended within ${DISPOSE_MS} ms`)))
  try {
    await abortable(Promise.resolve(end.call(handlers)), late)
  } catch (error) {
    setting.options.logger?.error(
      { err: error, service: header.service, peer: setting.peer.id },
      'the end of a session failed',
    )
  } finally {
    off()
  }
}
