import { RpcError, StatusCode, TransportError } from '@aster/rpc-core'
import {
  abortable,
  AbortScope,
  epochNow,
  type Frame,
  FrameFlag,
  onAbort,
  runAt,
  runNeutral,
} from '@aster/rpc-core/protocol'
import { isAllowed } from './access.ts'
import type { StreamContext } from './connection-context.ts'
import { callError, cancelledByConsumerError, outOfPlaceError } from './errors.ts'
import { FrameCost } from './frame-turns.ts'
import { SessionIdle } from './idle.ts'
import type { SessionStream } from './open-stream.ts'
import { type OpenSession, SessionCall } from './session-call.ts'
import { sendTrailer } from './trailer.ts'

/** How long the disposal of an instance may take, in milliseconds. */
const DISPOSE_MS = 10_000

/**
 * Serves a session: creates an instance of the service, and answers calls one after another until the consumer finishes or the
 * producer shuts down. Resolves when every answer has been sent.
 *
 * If the rule of the service refuses the peer, creates no instance and refuses the calls one by one, since the wire has no answer
 * to the opening of a session.
 *
 * @throws if an answer cannot be written
 */
export async function serveSession(stream: StreamContext, opened: SessionStream): Promise<void> {
  const { frames, scope, connection } = stream
  try {
    connection.guard.openSession()
  } catch (error) {
    sendTrailer(frames, opened.format, RpcError.from(error))
    return frames.finish()
  }
  try {
    const { service, format } = opened
    const isOpen = isAllowed(service.implementation.definition, connection)
    const instance = isOpen ? openInstance(stream, opened) : {}
    if (instance !== undefined) await runSession({ stream, instance, service, format, servedFrom: epochNow() })
  } finally {
    connection.guard.closeSession()
  }
  // The consumer is gone and takes no queued answers.
  if (scope.aborted && (scope.reason as RpcError).cause instanceof TransportError) frames.abort(StatusCode.CANCELLED)
  await frames.finish()
}

/** Returns the instance of a session. If it cannot be created, sends a trailer and returns `undefined`. */
function openInstance(
  { connection, frames, scope }: StreamContext,
  { service, callId, format }: SessionStream,
): OpenSession['instance'] | undefined {
  const { implementation } = service
  try {
    return runNeutral(() => implementation.open(connection.peer)) as OpenSession['instance']
  } catch (error) {
    const name = `a session of ${implementation.definition.name}`
    sendTrailer(frames, format, callError(error, { name, callId, scope }, connection))
    return undefined
  }
}

/** Runs the calls of a session and disposes of its instance. Throws only if neither the consumer nor the producer ended the session. */
async function runSession(session: OpenSession): Promise<void> {
  const { stream, service } = session
  const idle = SessionIdle.start(stream.connection.options.sessionIdleTimeoutMs)
  try {
    await runCalls(session, idle)
  } catch (error) {
    if (!stream.scope.aborted) throw error
    const { options, peer } = stream.connection
    const { name } = service.implementation.definition
    options.logger?.debug({ err: error, service: name, peer: peer.id }, 'a session was broken off')
  } finally {
    idle?.stop()
    await disposeInstance(session)
  }
}

/** Answers the calls of a session until it ends. Throws the error that breaks the session off. */
async function runCalls(session: OpenSession, idle: SessionIdle | undefined): Promise<void> {
  const { stream, format } = session
  const { connection, frames, incoming } = stream
  // Whether to skip frames that belong to a call that was refused or ended early.
  let skipping = false
  let brokenBy: Frame | undefined
  for (;;) {
    const frame = await nextFrame(stream, idle)
    if (frame === undefined) return
    if (frame === 'idle') {
      const error = idle?.expired.reason as RpcError
      const { options, peer } = connection
      options.onRefusal?.({ cause: 'idle', peer: peer.id, message: error.message })
      return sendTrailer(frames, format, error)
    }
    if (frame === 'refused') {
      // The consumer reads the trailer as the answer to its next call, which may be under way already.
      return sendTrailer(frames, format, connection.refusing.reason as RpcError)
    }
    // The consumer has sent another frame, so it has to read the answers before it.
    frames.unread = connection.guard.unread.answer
    const turn = incoming.turns.take(FrameCost.CALL)
    if (turn !== undefined) await turn
    if (frame === brokenBy) {
      skipping = true
    } else if ((frame.flags & FrameFlag.CANCEL) !== 0) {
      sendTrailer(frames, format, cancelledByConsumerError())
    } else if ((frame.flags & FrameFlag.CALL) !== 0) {
      const call = new SessionCall(session)
      // An async store that the handler enters must not outlive the call.
      await runNeutral(() => call.run(frame))
      skipping = !call.complete
      brokenBy = call.brokenBy
    } else if (!skipping) {
      return sendTrailer(frames, format, outOfPlaceError('Expected CALL frame'))
    }
  }
}

/**
 * Returns the next frame between two calls, once there is room for its answer. Returns `undefined` at the end of the stream,
 * `'refused'` if no more calls are accepted, and `'idle'` if the session was idle for too long.
 */
async function nextFrame(
  { connection, frames, incoming, scope }: StreamContext,
  idle: SessionIdle | undefined,
): Promise<Frame | 'refused' | 'idle' | undefined> {
  const { refusing } = connection
  const waiting = new AbortScope()
  const sources = idle === undefined ? [scope, refusing] : [scope, refusing, idle.expired]
  const stops = sources.map((source) => onAbort(source, () => waiting.abort(source.reason)))
  idle?.begin()
  try {
    while (frames.pendingBytes > 0) {
      const room = frames.whenRoom()
      if (room === undefined) break
      // Read ahead, so that a reset is noticed during the wait.
      incoming.readAhead()
      await abortable(room, waiting)
    }
    return await incoming.take(waiting)
  } catch (error) {
    if (refusing.aborted && !scope.aborted) return 'refused'
    if (idle?.expired.aborted === true && !scope.aborted) return 'idle'
    throw error
  } finally {
    idle?.end()
    for (const stop of stops) stop()
  }
}

/**
 * Disposes of the instance. Never rejects. Waits at most `DISPOSE_MS`, since a disposal that never ends must not keep the server
 * from closing.
 */
async function disposeInstance({ instance, service, stream }: OpenSession): Promise<void> {
  const late = new AbortScope()
  let cancelTimer = (): void => {}
  try {
    const dispose = instance[Symbol.asyncDispose] ?? instance[Symbol.dispose]
    if (dispose === undefined) return
    cancelTimer = runAt(epochNow() + DISPOSE_MS, () =>
      late.abort(new Error(`it has not ended within ${DISPOSE_MS} ms`)),
    )
    await abortable(Promise.resolve(dispose.call(instance)), late)
  } catch (error) {
    const { options, peer } = stream.connection
    const { name } = service.implementation.definition
    options.logger?.error({ err: error, service: name, peer: peer.id }, 'the end of a session failed')
  } finally {
    cancelTimer()
  }
}
