import { AsterError, definitionOf, type ServiceDefinition } from '@aster/rpc-core'
import { cancelledError, FrameFlag, FrameStream, nextCallId, toRpcError, StreamHeader } from '@aster/rpc-core/protocol'
import { type ClientOptions, callsOf, formatOf, sourceOf } from '../client.ts'
import { type LentStream, openStream } from '../connection-source.ts'
import type { CallFormat } from '../exchange.ts'
import type { Callable, Client } from '../types.ts'
import { callsInTurn } from './session-exchange.ts'
import { SessionLink } from './session-link.ts'

/** The calls of one session. They run one after another, in the order in which they were made. */
export type Session<S extends Callable> = Client<S> &
  AsyncDisposable & {
    /** Ends the session, and calls that still run with `UNAVAILABLE`. Safe to call again. */
    close(): Promise<void>
  }

export interface SessionOptions extends ClientOptions {
  /** Ends the opening; it has no say in the session afterwards. */
  signal?: AbortSignal | undefined
}

/**
 * Opens a session of a service whose scope is `'session'`: the producer keeps one instance of it until `close()`.
 *
 * @throws RpcError `UNAVAILABLE` when there is no connection. Nothing is answered to the opening itself: a service that
 *   the producer does not have shows with the first call.
 */
export async function openSession<S extends Callable>(service: S, options: SessionOptions): Promise<Session<S>> {
  const definition = definitionOf(service)
  if (definition.scope !== 'session')
    throw new AsterError(`service '${definition.name}' is a shared service: it has no sessions`)
  if ('close' in definition.methods)
    throw new AsterError(
      `service '${definition.name}': a session has a close() of its own; give the method another name, and wireName: 'close'`,
    )
  const format = formatOf(options)
  const link = await openLink(definition, format, options)
  const close = (): Promise<void> => link.close()
  return Object.assign(callsOf(service, options, callsInTurn(link), format), { close, [Symbol.asyncDispose]: close })
}

/** Opens the stream of a session. */
export async function openLink(
  definition: ServiceDefinition,
  format: CallFormat,
  options: SessionOptions,
): Promise<SessionLink> {
  const { signal } = options
  let lent: LentStream
  try {
    lent = await openStream(sourceOf(options), signal)
  } catch (error) {
    throw signal?.aborted === true ? cancelledError(signal) : toRpcError(error)
  }
  const frames = new FrameStream(lent.stream)
  void frames.queue(FrameFlag.HEADER, format.codec.encode(StreamHeader, headerOf(definition, format.codec.mode)))
  return new SessionLink(definition, frames, format, lent.lease)
}

function headerOf({ name, version }: ServiceDefinition, serializationMode: number): Partial<StreamHeader> {
  return { service: name, version, callId: nextCallId(), serializationMode }
}
