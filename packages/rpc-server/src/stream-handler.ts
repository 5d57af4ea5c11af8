import { type ByteStream, RpcError, StatusCode } from '@aster/rpc-core'
import {
  type AbortScope,
  type Frame,
  FrameFlag,
  FrameStream,
  type MessageFormat,
  OK_STATUS,
  RpcStatus,
  statusFromError,
  type StreamHeader,
} from '@aster/rpc-core/protocol'
import { failureOf, type CallSetting } from './handler-call.ts'
import { Incoming } from './incoming.ts'
import type { ServedStream } from './open-streams.ts'
import { failureReason } from './requests.ts'
import { runSession } from './session.ts'
import { runSharedCall } from './shared-call.ts'
import { formatOf, messageFormat, readHeader } from './stream-format.ts'

/** What a stream's first frame opened. */
export interface OpenedStream {
  readonly setting: CallSetting
  readonly frames: FrameStream
  readonly incoming: Incoming
  readonly header: StreamHeader
  readonly format: MessageFormat
  /** Ends what runs on the stream: the reason reaches the handler's signal, and the consumer unless it is gone. */
  readonly scope: AbortScope
}

/** Serves one stream of a consumer to its end. Never rejects. `scope` ends it from outside. */
export async function handleStream(
  stream: ByteStream,
  setting: CallSetting,
  scope: AbortScope,
  progress: ServedStream['progress'],
): Promise<void> {
  const frames = new FrameStream(stream, (error) => scope.abort(failureReason(error)))
  let format = formatOf(undefined, setting.options)
  let incoming: Incoming | undefined
  let header: StreamHeader | undefined
  let failure: RpcError | undefined
  try {
    const first = await firstFrame(frames)
    // Nothing came, or not even a frame's length: there is nobody to answer.
    if (first === undefined) return frames.abort(StatusCode.CANCELLED)
    // A header that cannot be read is answered in XLANG, as Python does.
    const own = formatOf(first, setting.options)
    header = readHeader(first, own)
    format = own
    format = messageFormat(header, own, setting.options)
    incoming = new Incoming(frames, (error) => scope.abort(failureReason(error)))
    if (scope.aborted) throw scope.reason
    progress('running')
    const opened = { setting, frames, incoming, header, format, scope }
    if (isSession(opened)) {
      await runSession(opened)
      await frames.finish()
      progress('answered')
      return await incoming.drain()
    }
    const response = await runSharedCall(opened)
    if (response !== undefined) void frames.queue(response.flags, response.payload)
  } catch (error) {
    const name = header === undefined ? 'a stream without a header' : nameOf(header)
    failure = failureOf(error, name, header?.callId ?? '', setting)
  }
  sendTrailer(frames, format, failure)
  await frames.finish()
  progress('answered')
  // The stream's credit comes back when the consumer's side is read to its end.
  await (incoming?.drain() ?? frames.drain())
}

export function sendTrailer(frames: FrameStream, { codec }: MessageFormat, failure: RpcError | undefined): void {
  let payload: Uint8Array
  try {
    payload = codec.encode(RpcStatus, failure === undefined ? OK_STATUS : statusFromError(failure))
  } catch {
    // A text that no format carries must not take the code with it.
    payload = codec.encode(RpcStatus, {
      code: failure?.code ?? StatusCode.UNKNOWN,
      message: 'the error has a text that cannot be sent',
    })
  }
  void frames.queue(FrameFlag.TRAILER, payload)
}

async function firstFrame(frames: FrameStream): Promise<Frame | undefined> {
  try {
    return await frames.read()
  } catch (error) {
    if (!(error instanceof RpcError)) return undefined
    throw new RpcError(StatusCode.INTERNAL, error.message, { cause: error })
  }
}

const nameOf = ({ service, method }: StreamHeader): string =>
  method === '' ? `a session of ${service}` : `${service}.${method}`

function isSession({ setting, header }: OpenedStream): boolean {
  const { definition } = setting.registry.service(header.service, header.version).implementation
  const wanted = header.method === ''
  if (wanted === (definition.scope === 'session')) return wanted
  throw new RpcError(
    StatusCode.FAILED_PRECONDITION,
    wanted
      ? `service '${definition.name}' is a shared service: it has no sessions`
      : `service '${definition.name}' is a session service: open a session to call it`,
  )
}
