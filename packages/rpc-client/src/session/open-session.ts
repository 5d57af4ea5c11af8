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

/** The methods of one session as typed calls. The calls run one after another, in the order in which they were made. */
export type Session<S extends Callable> = Client<S> &
  AsyncDisposable & {
    /** Ends the session. Calls that still run fail with `UNAVAILABLE`. A second call does nothing. */
    close(): Promise<void>
  }

/** Options of a session: those of a client, and a signal. */
export interface SessionOptions extends ClientOptions {
  /** Aborts the opening. The signal has no effect on the open session. @default the opening cannot be aborted */
  signal?: AbortSignal | undefined
}

/**
 * Opens a session of a service whose scope is `'session'`. The producer keeps one instance of the service until `close()`.
 *
 * The producer does not answer the opening itself: if it does not have the service, the first call fails.
 *
 * @throws AsterError if the service has no sessions, or has a method named `close`
 * @throws RpcError `UNAVAILABLE` if there is no connection
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
    // A session may outlive the call that opens it, and must not keep the async context of that call.
    return runNeutral(() => {
      const link = new SessionLink(service, format, leased)
      // No wait: the first frame always has room.
      void link.frames.queue(FrameFlag.HEADER, payload)
      return link
    })
  } catch (error) {
    throw callerError(signal.aborted ? abortErrorOf(signal, () => progress.describe()) : toRpcError(error), signal)
  } finally {
    cleanup()
  }
}

/** Returns a signal of the platform that aborts together with `signal`, which another package may have made. */
function toPlatformSignal(signal: AbortSignal = NEVER): OwnedSignal {
  try {
    return isPlatformSignal(signal) ? { signal, cleanup: ignore } : linkSignals(signal)
  } catch (error) {
    throw callerError(optionsError(error))
  }
}
