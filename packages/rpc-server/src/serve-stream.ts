import { type ByteStream, RpcError, StatusCode } from '@aster/rpc-core'
import { type Frame, FrameStream } from '@aster/rpc-core/protocol'
import type { ActiveStream } from './active-streams.ts'
import type { ConnectionContext } from './connection-context.ts'
import { streamError } from './errors.ts'
import { Incoming } from './incoming.ts'
import { failedStream, openStream } from './open-stream.ts'
import { serveSession } from './session.ts'
import { serveCall } from './stream-call.ts'
import { sendTrailer } from './trailer.ts'

/** Serves one stream of a consumer to its end. Never rejects. */
export async function serveStream(
  stream: ByteStream,
  connection: ConnectionContext,
  { scope, setState }: ActiveStream,
): Promise<void> {
  const onFailure = (error: unknown): void => scope.abort(streamError(error))
  const frames = new FrameStream(stream, onFailure)
  const first = await readFirstFrame(frames)
  // Not even the length of a frame has come, so there is no call to answer.
  if (first === undefined) return frames.abort(StatusCode.CANCELLED)
  const opened =
    first instanceof RpcError ? failedStream(first, connection.formats.fallback) : openStream(first, connection, scope)
  // A refused stream stays `opening`: a shutdown waits for the answers of running ones.
  if (!scope.aborted) setState('running')
  if (opened.kind === 'failed') {
    sendTrailer(frames, opened.format, opened.error)
    await frames.finish()
    setState('answered')
    return frames.drain()
  }
  const incoming = new Incoming(frames, onFailure)
  const context = { connection, frames, incoming, scope }
  await (opened.kind === 'call' ? serveCall(context, opened) : serveSession(context, opened))
  setState('answered')
  // The stream's credit comes back once the consumer's side is read to its end.
  await incoming.drain()
}

/** Returns the error if the bytes are no frame, and `undefined` if nothing came or the stream failed. */
async function readFirstFrame(frames: FrameStream): Promise<Frame | RpcError | undefined> {
  try {
    return await frames.read()
  } catch (error) {
    return error instanceof RpcError ? new RpcError(StatusCode.INTERNAL, error.message, { cause: error }) : undefined
  }
}
