import { type ByteStream, RpcError, StatusCode, TransportError } from '@aster/rpc-core'
import { DRAIN, type DrainLimits, type Frame, FrameStream, runGuarded, TimeoutPlace } from '@aster/rpc-core/protocol'
import { isThenable } from '@aster/rpc-core/schema'
import type { ActiveStream } from './active-streams.ts'
import type { ConnectionContext } from './connection-context.ts'
import type { ConnectionGuard } from './connection-guard.ts'
import { streamError } from './errors.ts'
import { reportExcess } from './header-limits.ts'
import { Incoming } from './incoming.ts'
import type { CallStream } from './call-stream.ts'
import { failedStream, openStream, type SessionStream } from './open-stream.ts'
import { serveSession } from './session.ts'
import { serveCall } from './stream-call.ts'
import { finishWithTrailer } from './trailer.ts'

/**
 * The limits for requests that arrive after the last answer. They are high, since a Python consumer that is told to stop loses the
 * status (quirk 3 of docs/python-0.1.md).
 */
const DRAIN_REQUESTS: DrainLimits = { maxBytes: 67_108_864, maxMs: Infinity, maxIdleMs: 30_000 }

/** Serves one stream of a consumer to its end. Never rejects: if an answer cannot be written, resets the stream. */
export async function serveStream(
  stream: ByteStream,
  connection: ConnectionContext,
  { scope, setState }: ActiveStream,
): Promise<void> {
  const { guard } = connection
  const { readBudget, writeBudget, stalled } = guard
  const onFailure = (error: unknown): void => scope.abort(streamError(error))
  const frames = new FrameStream(stream, { onFailure, startsWithHeader: true, readBudget, writeBudget, stalled })
  frames.unread = guard.unread.answer
  try {
    // Always awaited, so that an async store that the handler enters does not leave the stream.
    const first = await readFirstFrame(frames, guard)
    // Without a frame there is no call to answer.
    if (first === undefined) return frames.abort(StatusCode.CANCELLED)
    if (first instanceof RpcError && first.code === StatusCode.DEADLINE_EXCEEDED && !frames.hasUnread)
      return frames.abort(StatusCode.DEADLINE_EXCEEDED)
    const opened =
      first instanceof RpcError
        ? failedStream(first, connection.formats.fallback)
        : openStream(first, connection, scope)
    // A refused stream stays `opening`, since a shutdown waits only for running streams.
    if (!scope.aborted) setState('running')
    if (opened.kind === 'failed') {
      reportExcess(opened.error, connection)
      await finishWithTrailer(frames, opened.format, opened.error)
      assertSent(frames)
      setState('answered')
      // If the header is too long, the rest of it is not read.
      if (frames.refusal === 'header') frames.stop(opened.error.code)
      return await frames.drain(DRAIN_REQUESTS)
    }
    const onReadFailure = (error: unknown): void => {
      if (frames.refusal !== undefined) guard.refuse(frames.refusal, RpcError.from(error).message)
      onFailure(error)
    }
    const incoming = new Incoming(frames, onReadFailure, guard.turns)
    const context = { connection, frames, incoming, scope }
    const onAnswered = (): void => {
      assertSent(frames)
      setState('answered')
    }
    if (opened.kind === 'call') await serveCall(context, opened, onAnswered)
    else {
      await serveSession(context, opened)
      onAnswered()
    }
    // Read the consumer's side to its end, or the stream keeps its credit on the connection.
    const draining = incoming.drain(hasWholeRequest(opened, incoming) ? DRAIN : DRAIN_REQUESTS)
    if (draining !== undefined) await draining
  } catch (error) {
    const { options, peer } = connection
    options.logger?.error({ err: error, peer: peer.id }, 'a stream cannot be answered, and is reset')
    scope.abort(RpcError.from(error, StatusCode.INTERNAL))
    runGuarded(
      () => frames.abort(StatusCode.INTERNAL),
      (failure) => options.logger?.error({ err: failure, peer: peer.id }, 'a stream cannot be reset'),
    )
  }
}

/** Returns whether the consumer has sent all requests of its call, so that only the end of its side is expected. */
function hasWholeRequest(opened: CallStream | SessionStream, { hasTaken }: Incoming): boolean {
  if (opened.kind === 'session') return false
  const { kind } = opened.call.method
  return hasTaken && (kind === 'unary' || kind === 'serverStream')
}

/** Throws the failure of a write, unless the consumer stopped the stream or the connection is gone. */
function assertSent({ failure }: FrameStream): void {
  const isOver = failure === undefined || (failure instanceof TransportError && failure.kind !== 'misuse')
  if (!isOver) throw failure
}

type FirstFrame = Frame | RpcError | undefined

/**
 * Returns the first frame of a stream, an error if the bytes are not a frame, or `undefined` if the stream ends or fails before a
 * frame. Returns a promise if the frame has not arrived.
 */
function readFirstFrame(frames: FrameStream, guard: ConnectionGuard): FirstFrame | Promise<FirstFrame> {
  frames.isAsked = true
  try {
    const next = frames.next()
    return isThenable(next) ? waitForFirstFrame(next, frames, guard) : takeFirstFrame(next, frames)
  } catch (error) {
    return firstFrameError(error, frames, guard)
  }
}

async function waitForFirstFrame(
  next: Promise<Frame | undefined>,
  frames: FrameStream,
  guard: ConnectionGuard,
): Promise<FirstFrame> {
  const place = new TimeoutPlace(frames)
  guard.opening.add(place)
  try {
    return takeFirstFrame(await next, frames)
  } catch (error) {
    return firstFrameError(error, frames, guard)
  } finally {
    guard.opening.delete(place)
  }
}

function takeFirstFrame(frame: Frame | undefined, frames: FrameStream): Frame | undefined {
  frames.isAsked = false
  if (frame !== undefined) frames.release(frame)
  return frame
}

function firstFrameError(error: unknown, frames: FrameStream, guard: ConnectionGuard): RpcError | undefined {
  frames.isAsked = false
  if (!(error instanceof RpcError)) return undefined
  if (frames.refusal !== undefined) guard.refuse(frames.refusal, error.message)
  // Python producers answer INTERNAL, too (quirk 7 of docs/python-0.1.md).
  return error.code === StatusCode.DATA_LOSS
    ? new RpcError(StatusCode.INTERNAL, error.message, { cause: error })
    : error
}
