import { AsterError, definitionOf, type ServiceDefinition } from '@aster/rpc-core'
import { cancelledError, FrameFlag, nextCallId, toRpcError, StreamHeader } from '@aster/rpc-core/protocol'
import { bindMethods, type ClientOptions, toFormat, toSource } from '../client.ts'
import { type LeasedStream, openStream } from '../connection-source.ts'
import type { Callable, Client } from '../types.ts'
import { SessionLink } from './session-link.ts'
import { sessionOpener } from './session-wire.ts'

/** The calls of one session. They run one after another, in the order in which they were made. */
export type Session<S extends Callable> = Client<S> &
  AsyncDisposable & {
    /** Ends the session, and calls that still run with `UNAVAILABLE`. Safe to call again. */
    close(): Promise<void>
  }

export interface SessionOptions extends ClientOptions {
  /** Ends the opening. The session that was opened does not depend on it. */
  signal?: AbortSignal | undefined
}

/**
 * Opens a session of a service whose scope is `'session'`: the producer keeps one instance of it until `close()`.
 *
 * @throws RpcError `UNAVAILABLE` if there is no connection. The producer does not answer the opening itself: the first
 *   call fails if the producer does not have the service.
 */
export async function openSession<S extends Callable>(service: S, options: SessionOptions): Promise<Session<S>> {
  const definition = definitionOf(service)
  if (definition.scope !== 'session')
    throw new AsterError(`service '${definition.name}' is a shared service: it has no sessions`)
  if ('close' in definition.methods)
    throw new AsterError(
      `service '${definition.name}': a session has a close() of its own; give the method another name, and wireName: 'close'`,
    )
  const link = await openLink(definition, options)
  const close = (): Promise<void> => link.close()
  return Object.assign(bindMethods(definition, options, sessionOpener(link)) as Client<S>, {
    close,
    [Symbol.asyncDispose]: close,
  })
}

/** Opens the stream of a session. Throws as `openSession` does. */
export async function openLink(service: ServiceDefinition, options: SessionOptions): Promise<SessionLink> {
  const { signal } = options
  let leased: LeasedStream
  try {
    leased = await openStream(toSource(options), signal)
  } catch (error) {
    throw signal?.aborted === true ? cancelledError(signal) : toRpcError(error)
  }
  const link = new SessionLink(service, toFormat(options), leased)
  const { codec } = link.format
  const { name, version } = service
  const header = { service: name, version, callId: nextCallId(), serializationMode: codec.mode }
  void link.frames.queue(FrameFlag.HEADER, codec.encode(StreamHeader, header))
  return link
}
