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

/** How long consumers have to receive the last answers, in milliseconds, if the grace time allows. */
const LAST_ANSWERS_MS = 1_000

/** A connection that is being served. */
export interface ServedConnection {
  /** Resolves when the connection is gone and the signal of every handler has fired. Never rejects. */
  readonly done: Promise<void>
  /** The streams, sessions and bytes that the connection holds now. */
  readonly stats: ConnectionStats
  /**
   * The time since which no call or session has been under way, in milliseconds since the epoch; `undefined` if one is under way.
   * Streams without a header do not count.
   */
  readonly idleSince: number | undefined
  /**
   * Shuts the connection down, and resolves when it is gone. Refuses new calls with `UNAVAILABLE`, also on open sessions. Ends each
   * session after its running call, or at once if no call runs. Aborts the signals of handlers that still run after `graceMs`, and
   * closes the connection. A second call may shorten the time but never lengthen it.
   *
   * @param options.graceMs how long running calls may take to finish, in milliseconds; `Infinity` waits for all of them. @default 0
   * @throws AsterError if `graceMs` is not a number of 0 or more
   */
  close(options?: { graceMs?: number | undefined }): Promise<void>
}

/**
 * Answers the calls that arrive on a connection. Handlers do not see the `AsyncLocalStorage` stores of the caller.
 *
 * @throws AsterError if an option is out of its range or of the wrong kind
 */
export function serveConnection(connection: Connection, options: ServeOptions): ServedConnection {
  // The connection outlives its caller, so it must not keep the caller's stores or show them to handlers.
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
  /** Flushes the connection. The user's transport may throw, or never finish. */
  const flush = (): Promise<void> => settledWithin((async () => connection.flush?.())().catch(warn), LAST_ANSWERS_MS)
  // Not left to the end of the loop in `accept`: while that loop waits for room, it waits for running handlers.
  connection.closed.then(endAll, (error: unknown) => {
    warn(error)
    endAll()
  })

  const stopIdleWatch = watchIdle({
    ms: idleMs,
    since: () => streams.unusedSince,
    onIdle() {
      const message = `no call or session was open for ${idleMs} ms (connectionIdleTimeoutMs)`
      options.onRefusal?.({ cause: 'idle', peer: context.peer.id, message })
      runGuarded(() => connection.close(0, message), warn)
    },
  })

  const done = accept()
    .catch(warn)
    .then(async () => {
      // If the connection accepts no more streams, the consumer must not see it as open.
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
