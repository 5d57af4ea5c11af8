import { composeInterceptors, type Connection, RpcError, StatusCode } from '@aster/rpc-core'
import { expectTime } from '@aster/rpc-core/schema'
import { ActiveStreams } from './active-streams.ts'
import { checkServeOptions } from './check-options.ts'
import type { ConnectionContext } from './connection-context.ts'
import { connectionGoneError } from './errors.ts'
import { StreamFormats } from './formats.ts'
import { GraceTime } from './grace-time.ts'
import type { ServeOptions } from './options.ts'
import { ServiceRegistry } from './registry.ts'
import { serveStream } from './serve-stream.ts'

/** Milliseconds that consumers have to receive the last answers, if the grace time allows. */
const LAST_ANSWERS_MS = 1_000

/** A connection that is being served. */
export interface ServedConnection {
  /** Resolves when the connection is gone and the signal of every handler has fired. Never rejects. */
  readonly done: Promise<void>
  /**
   * Shuts down. New calls are refused with `UNAVAILABLE`, on open sessions too. A session ends behind the call that runs,
   * or at once. Calls that still run after `graceMs` milliseconds are cut: their handlers' signals fire, and the
   * connection is closed. `Infinity` waits for all of them. A further call may shorten the time, never lengthen it.
   *
   * @param options.graceMs milliseconds that running calls have to finish. @default 0
   * @throws AsterError if `graceMs` is not a time
   */
  close(options?: { graceMs?: number | undefined }): Promise<void>
}

/**
 * Answers the calls that come in on a connection.
 *
 * @throws AsterError if an option makes no sense
 */
export function serveConnection(connection: Connection, options: ServeOptions): ServedConnection {
  const formats = new StreamFormats(options)
  checkServeOptions(options)
  const { interceptors = [], maxConcurrentStreams = Infinity } = options
  const streams = new ActiveStreams(maxConcurrentStreams)
  const context: ConnectionContext = {
    options,
    registry: new ServiceRegistry(options.services),
    formats,
    peer: options.peer ?? { id: connection.remoteId, attributes: {} },
    intercept: interceptors.length === 0 ? undefined : (handle) => composeInterceptors(interceptors, handle),
    refusing: streams.refusing,
  }

  const accept = async (): Promise<void> => {
    for await (const stream of connection.incomingStreams()) {
      streams.add((active) => serveStream(stream, context, active))
      if (streams.full) await streams.whenRoom()
    }
  }
  const endAll = (): void => {
    const reason = connectionGoneError()
    streams.abort(reason)
    streams.refuse(reason)
  }
  // The end of the loop over streams is not enough: while that waits for room, it waits for handlers that run on.
  void connection.closed.then(endAll)

  const done = accept()
    .catch((error: unknown) => options.logger?.warn({ err: error, peer: context.peer.id }, 'a connection failed'))
    .then(async () => {
      endAll()
      await streams.whenEmpty()
    })

  const grace = new GraceTime()
  const shutDown = async (): Promise<void> => {
    const reason = new RpcError(StatusCode.UNAVAILABLE, 'the producer is shutting down')
    streams.refuse(reason)
    await streams.whenIdle(grace.expired)
    grace.limit(LAST_ANSWERS_MS)
    await streams.whenEmpty(grace.expired)
    grace.stop()
    streams.abort(reason)
    connection.close(0, '')
    await done
  }
  let closing: Promise<void> | undefined

  return {
    done,
    async close({ graceMs = 0 } = {}) {
      grace.limit(expectTime('graceMs', graceMs))
      closing ??= shutDown()
      await closing
    },
  }
}
