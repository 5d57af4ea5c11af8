import { RpcError, StatusCode } from '@aster/rpc-core'
import { type AbortSource, type Frame, FrameFlag, type MessageFormat, StreamHeader } from '@aster/rpc-core/protocol'
import type { CallStream } from './call-stream.ts'
import type { ConnectionContext } from './connection-context.ts'
import type { StreamFormat } from './formats.ts'
import { assertHeaderText, callIdOrNew, metadataOf } from './header-limits.ts'
import type { RegisteredService, ServiceRegistry } from './registry.ts'
import { resolveCall } from './resolve-call.ts'

/** A stream that carries the calls of a session, one after another. */
export interface SessionStream {
  readonly kind: 'session'
  readonly service: RegisteredService
  /** The id of the session, for logs. */
  readonly callId: string
  readonly format: StreamFormat
}

/** A stream that cannot be served. The answer is `error`. */
export interface FailedStream {
  readonly kind: 'failed'
  readonly error: RpcError
  /** The format of the answer. */
  readonly format: MessageFormat
}

/**
 * Resolves the first frame of a stream: the header, the format of the messages, the service, and the method of a call.
 *
 * @param scope the scope of the stream. If it has aborted, the stream is refused before its service is looked up
 */
export function openStream(
  frame: Frame,
  { formats, registry, known }: Pick<ConnectionContext, 'formats' | 'registry'> & Partial<ConnectionContext>,
  scope: AbortSource,
): CallStream | SessionStream | FailedStream {
  if (known !== undefined && frame.flags === FrameFlag.HEADER && !scope.aborted) {
    const opened = known.find(frame.payload)
    if (opened !== undefined) return opened
  }
  const headerFormat = formats.ofHeader(frame)
  let header: StreamHeader
  try {
    header = readStreamHeader(frame, headerFormat)
  } catch (error) {
    return failedStream(error, formats.fallback)
  }
  let format: StreamFormat
  try {
    format = formats.ofMessages(header, headerFormat)
  } catch (error) {
    return failedStream(error, headerFormat)
  }
  try {
    if (scope.aborted) throw scope.reason
    const opened = resolveStream(header, format, registry)
    if (opened.kind === 'call') known?.learn(frame.payload, opened)
    return opened
  } catch (error) {
    return failedStream(error, format)
  }
}

/** Returns a stream that cannot be served because of `error`. */
export function failedStream(error: unknown, format: MessageFormat): FailedStream {
  return { kind: 'failed', error: RpcError.from(error), format }
}

/**
 * Returns the header in the first frame of a stream.
 *
 * @throws RpcError `INTERNAL` if the header cannot be read (quirk 7 of docs/python-0.1.md)
 */
function readStreamHeader({ flags, payload }: Frame, { codec }: MessageFormat): StreamHeader {
  if ((flags & FrameFlag.HEADER) === 0 || (flags & FrameFlag.COMPRESSED) !== 0) {
    throw new RpcError(StatusCode.INTERNAL, 'the first frame of a stream must be an uncompressed HEADER')
  }
  try {
    return codec.decode(StreamHeader, payload)
  } catch (error) {
    throw new RpcError(StatusCode.INTERNAL, `the stream's header cannot be read: ${RpcError.from(error).message}`, {
      cause: error,
    })
  }
}

function resolveStream(
  header: StreamHeader,
  format: StreamFormat,
  registry: ServiceRegistry,
): CallStream | SessionStream {
  const service = registry.find(header.service, header.version)
  const { name, scope } = service.implementation.definition
  const isSession = header.method === ''
  if (isSession !== (scope === 'session')) {
    const mismatch = isSession
      ? `service '${name}' is a shared service: it has no sessions`
      : `service '${name}' is a session service: open a session to call it`
    assertHeaderText('method name', header.method)
    throw new RpcError(StatusCode.FAILED_PRECONDITION, mismatch)
  }
  if (!isSession) return { kind: 'call', service, call: resolveCall(service, header), format }
  // Only calls have metadata. The metadata of a session is checked and dropped.
  metadataOf(header.metadataKeys, header.metadataValues)
  return { kind: 'session', service, callId: callIdOrNew(header), format }
}
