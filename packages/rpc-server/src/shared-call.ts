import { type Frame, runSoon } from '@aster/rpc-core/protocol'
import { metadataOf } from './call-metadata.ts'
import { startDeadline } from './deadline.ts'
import { type HandlerObject, interceptedCall, runHandler } from './handler-call.ts'
import { methodOf } from './registry.ts'
import { abortIfWithdrawn, onlyRequest, type RequestSource, requestStream } from './requests.ts'
import type { OpenedStream } from './stream-handler.ts'

/** The call of a shared service that a stream is. Gives its only response; throws what it ends with, unless that is `OK`. */
export async function runSharedCall({
  setting,
  frames,
  incoming,
  header,
  format,
  scope,
}: OpenedStream): Promise<Frame | undefined> {
  const { registry, options, peer } = setting
  const served = registry.service(header.service, header.version)
  const method = methodOf(served, header.method)
  const metadata = metadataOf(header)
  const { deadline, cleanup } = startDeadline(header.deadlineEpochMs, options.handlerTimeoutMs, scope)
  try {
    const source: RequestSource = {
      incoming,
      format,
      statusCodec: options.codecs.find((codec) => codec !== format.codec),
      type: method.request,
      signal: scope,
      abort: (error) => scope.abort(error),
    }
    const single = method.kind === 'unary' || method.kind === 'serverStream'
    const request = single ? await onlyRequest(source) : requestStream(source)
    // Most unary handlers have answered within this turn, and their answer goes first.
    if (method.kind === 'unary') runSoon(() => incoming.readAhead())
    // What comes behind the only request is ignored.
    else if (single) incoming.readAhead()
    // A withdrawal must reach a handler that asks for nothing.
    else incoming.watch((frame) => abortIfWithdrawn(frame, source))
    const call = interceptedCall(served.implementation.definition, method, {
      callId: header.callId,
      peer,
      request,
      metadata,
      deadline,
      scope,
    })
    const handlers = served.implementation.open(peer) as HandlerObject
    return await runHandler({
      setting,
      handlers,
      call,
      scope,
      format,
      respond: (frame) => frames.queue(frame.flags, frame.payload),
    })
  } finally {
    cleanup()
  }
}
