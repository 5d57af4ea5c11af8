import { AsterError, definitionOf, type ServiceDefinition } from '@aster/rpc-core'
import {
  FrameFlag,
  linkSignals,
  NEVER,
  nextCallId,
  type OwnedSignal,
  runNeutral,
  StreamHeader,
  toRpcError,
} from '@aster/rpc-core/protocol'
import { abortErrorOf, callerError } from '../call-errors.ts'
import { isPlatformSignal, optionsError } from '../check-call-options.ts'
import { bindMethods, type ClientOptions, toFormat, toSource } from '../client.ts'
import { openStream } from '../connection-source.ts'
import { ignore } from '../handled.ts'
import { openingProgress } from '../progress.ts'
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
  const progress = openingProgress()
  const { signal, cleanup } = toPlatformSignal(options.signal)
  try {
    const format = toFormat(options)
    const { name, version } = service
    const header = { service: name, version, callId: nextCallId(), serializationMode: format.codec.mode }
    const payload = format.codec.encode(StreamHeader, header)
    const leased = await openStream(toSource(options), signal, progress)
    // A session outlives what opened it.
    return runNeutral(() => {
      const link = new SessionLink(service, format, leased)
      // No wait: it is the first frame.
      void link.frames.queue(FrameFlag.HEADER, payload)
      return link
    })
  } catch (error) {
    throw callerError(signal.aborted ? abortErrorOf(signal, () => progress.describe()) : toRpcError(error), signal)
  } finally {
    cleanup()
  }
}

/** Returns a signal of a platform that aborts with `signal`, which another package may have made. */
function toPlatformSignal(signal: AbortSignal = NEVER): OwnedSignal {
  try {
    return isPlatformSignal(signal) ? { signal, cleanup: ignore } : linkSignals(signal)
  } catch (error) {
    throw callerError(optionsError(error))
  }
}
