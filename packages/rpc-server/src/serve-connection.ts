import { AsterError, composeInterceptors, type Connection, RpcError, StatusCode } from '@aster/rpc-core'
import { expectTime } from '@aster/rpc-core/schema'
import { checkServeOptions } from './check-options.ts'
import { GraceTime } from './grace-time.ts'
import type { CallSetting } from './handler-call.ts'
import { OpenStreams } from './open-streams.ts'
import type { ServeOptions } from './options.ts'
import { ServiceRegistry } from './registry.ts'
import { handleStream } from './stream-handler.ts'

/** How long consumers have for taking note of their last answers, where the grace time allows. */
const LAST_ANSWERS_MS = 1_000

/** A connection that is being served. */
export interface ServedConnection {
  /** Resolves, and never rejects, when the connection is gone and every handler has been told. */
  readonly done: Promise<void>
  /**
   * Shuts down: new calls are refused with `UNAVAILABLE`, those of open sessions too; a session ends with its running call, or
   * at once; what still runs after `graceMs` (0; `Infinity` waits for all) is cut, its handlers' signals fire, and the
   * connection is closed. Called again, it may shorten the time, never lengthen it.
   *
   * @throws AsterError for a `graceMs` that is no time
   */
  close(options?: { graceMs?: number | undefined }): Promise<void>
}

/**
 * Answers the calls that come in on a connection.
 *
 * @throws AsterError for an option that makes no sense
 */
export function serveConnection(connection: Connection, options: ServeOptions): ServedConnection {
  if (options.codecs.length === 0) throw new AsterError('serveConnection: expected at least one codec')
  checkServeOptions(options)
  const { interceptors = [], maxConcurrentStreams = Infinity } = options
  const streams = new OpenStreams(maxConcurrentStreams)
  const setting: CallSetting = {
    registry: new ServiceRegistry(options.services),
    options,
    peer: options.peer ?? { id: connection.remoteId, attributes: {} },
    intercept: interceptors.length === 0 ? undefined : (handle) => composeInterceptors(interceptors, handle),
    refusing: streams.refusing,
  }

  const accept = async (): Promise<void> => {
    for await (const stream of connection.incomingStreams()) {
      streams.add(({ scope, progress }) => handleStream(stream, setting, scope, progress))
      if (streams.full) await streams.room()
    }
  }
  const gone = (): void => {
    const reason = new RpcError(StatusCode.CANCELLED, 'the connection to the consumer is gone')
    streams.abort(reason)
    streams.refuse(reason)
  }
  // Not only behind the last stream: while there is no room for it, it is behind handlers that nobody has told.
  void connection.closed.then(gone)

  const done = accept()
    .catch((error: unknown) => options.logger?.warn({ err: error, peer: setting.peer.id }, 'a connection failed'))
    .then(async () => {
      gone()
      await streams.gone()
    })

  const grace = new GraceTime()
  const shut = async (): Promise<void> => {
    const reason = new RpcError(StatusCode.UNAVAILABLE, 'the producer is shutting down')
    streams.refuse(reason)
    await streams.answered(grace.over)
    grace.limit(LAST_ANSWERS_MS)
    await streams.gone(grace.over)
    grace.stop()
    streams.abort(reason)
    connection.close(0, '')
    await done
  }
  let shutting: Promise<void> | undefined

  return {
    done,
    async close({ graceMs = 0 } = {}) {
      grace.limit(expectTime('graceMs', graceMs))
      shutting ??= shut()
      await shutting
    },
  }
}
