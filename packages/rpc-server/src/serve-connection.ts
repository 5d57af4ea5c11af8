import { composeInterceptors, type Connection, RpcError, StatusCode } from '@aster/rpc-core'
import { guardLogger, noticesOf, runGuarded, runNeutral, settledWithin } from '@aster/rpc-core/protocol'
import { expectTime } from '@aster/rpc-core/schema'
import { ActiveStreams } from './active-streams.ts'
import { checkServeOptions } from './check-options.ts'
import type { ConnectionContext } from './connection-context.ts'
import { ConnectionGuard } from './connection-guard.ts'
import { connectionGoneError } from './errors.ts'
import { StreamFormats } from './formats.ts'
import { GraceTime } from './grace-time.ts'
import { KnownHeaders } from './known-headers.ts'
import { watchIdle } from './idle.ts'
import type { ServeOptions } from './options.ts'
import type { ConnectionStats } from './refusal.ts'
import { ServiceRegistry } from './registry.ts'
import { serveStream } from './serve-stream.ts'

/** Milliseconds that consumers have to receive the last answers, if the grace time allows. */
const LAST_ANSWERS_MS = 1_000

/** A connection that is being served. */
export interface ServedConnection {
  /** Resolves when the connection is gone and the signal of every handler has fired. Never rejects. */
  readonly done: Promise<void>
  /** What the connection holds now. */
  readonly stats: ConnectionStats
  /**
   * Since when no call or session is under way, in milliseconds since the epoch; `undefined` if one is. Streams whose first frame
   * has not come do not count.
   */
  readonly idleSince: number | undefined
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
 * Answers the calls that come in on a connection. Handlers run in no async context of the caller's.
 *
 * @throws AsterError if an option makes no sense
 */
export function serveConnection(connection: Connection, options: ServeOptions): ServedConnection {
  // The connection outlives its caller, whose stores it must not hold, nor show to handlers.
  return runNeutral(() => startServing(connection, options))
}

function startServing(connection: Connection, options: ServeOptions): ServedConnection {
  checkServeOptions(options)
  const { interceptors = [], maxConcurrentStreams = Infinity, connectionIdleTimeoutMs: idleMs = Infinity } = options
  const logger = guardLogger(options.logger)
  const streams = new ActiveStreams(maxConcurrentStreams)
  const peer = options.peer ?? { id: connection.remoteId, attributes: {} }
  const guard = new ConnectionGuard(connection.remoteId, options)
  const context: ConnectionContext = {
    options: { ...options, logger },
    notices: noticesOf(options.logger),
    registry: new ServiceRegistry(options.services),
    formats: new StreamFormats(options),
    known: new KnownHeaders(),
    guard,
    peer,
    largeResponses: new WeakSet(),
    intercept: interceptors.length === 0 ? undefined : (handle) => composeInterceptors(interceptors, handle),
    refusing: streams.refusing,
    wasFullAt: (time) => streams.wasFullAt(time),
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
  const warn = (error: unknown): void => logger?.warn({ err: error, peer: context.peer.id }, 'a connection failed')
  const close = (): void => runGuarded(() => connection.close(0, ''), warn)
  /** A transport of the user may throw, or never be done. */
  const flush = (): Promise<void> => settledWithin((async () => connection.flush?.())().catch(warn), LAST_ANSWERS_MS)
  // The end of the loop over streams is not enough: while that waits for room, it waits for handlers that run on.
  connection.closed.then(endAll, (error: unknown) => {
    warn(error)
    endAll()
  })

  const stopIdleWatch = watchIdle({
    ms: idleMs,
    since: () => streams.emptySince,
    onIdle() {
      const message = `no stream was open for ${idleMs} ms (connectionIdleTimeoutMs)`
      options.onRefusal?.({ cause: 'idle', peer: context.peer.id, message })
      runGuarded(() => connection.close(0, message), warn)
    },
  })

  const done = accept()
    .catch(warn)
    .then(async () => {
      // A connection that accepts no more streams must not look open to its consumer.
      close()
      endAll()
      stopIdleWatch()
      await streams.whenEmpty()
      guard.stop()
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
    await flush()
    close()
    await done
  }
  let closing: Promise<void> | undefined

  return {
    done,
    get stats() {
      return { ...streams.counts, sessions: guard.sessions, bufferedBytes: guard.bufferedBytes }
    },
    get idleSince() {
      return streams.idleSince
    },
    async close({ graceMs = 0 } = {}) {
      const ms = expectTime('graceMs', graceMs)
      runNeutral(() => {
        grace.limit(ms)
        closing ??= shutDown()
      })
      await closing
    },
  }
}
