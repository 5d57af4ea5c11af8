import { AsterError, composeInterceptors, type Connection, RpcError, StatusCode } from '@aster/rpc-core'
import { AbortScope } from '@aster/rpc-core/protocol'
import type { CallSetting } from './handler-call.ts'
import type { ServeOptions } from './options.ts'
import { ServiceRegistry } from './registry.ts'
import { handleStream } from './stream-handler.ts'

/** A connection that is being served. */
export interface ServedConnection {
  /** Resolves, and never rejects, when the connection is gone and every handler has been told. */
  readonly done: Promise<void>
  /** Takes no more streams, waits up to `graceMs` (0) for running calls, then closes the connection. */
  close(options?: { graceMs?: number }): Promise<void>
}

/** Answers the calls that come in on a connection. */
export function serveConnection(connection: Connection, options: ServeOptions): ServedConnection {
  if (options.codecs.length === 0) throw new AsterError('serveConnection: expected at least one codec')
  const { interceptors = [] } = options
  const setting: CallSetting = {
    registry: new ServiceRegistry(options.services),
    options,
    peer: options.peer ?? { id: connection.remoteId, attributes: {} },
    intercept: interceptors.length === 0 ? undefined : (handle) => composeInterceptors(interceptors, handle),
  }
  const calls = new Map<AbortScope, Promise<void>>()
  let draining = false

  const accept = async (): Promise<void> => {
    for await (const stream of connection.incomingStreams()) {
      const scope = new AbortScope()
      if (draining) scope.abort(new RpcError(StatusCode.UNAVAILABLE, 'the producer is shutting down'))
      calls.set(
        scope,
        handleStream(stream, setting, scope).finally(() => calls.delete(scope)),
      )
    }
  }

  const done = accept()
    .catch((error: unknown) => options.logger?.warn({ err: error, peer: setting.peer.id }, 'a connection failed'))
    .then(async () => {
      for (const call of calls.keys())
        call.abort(new RpcError(StatusCode.CANCELLED, 'the connection to the consumer is gone'))
      await Promise.all(calls.values())
    })

  return {
    done,
    async close({ graceMs = 0 } = {}) {
      draining = true
      if (graceMs > 0 && calls.size > 0) await settled(calls.values(), graceMs)
      connection.close(0, '')
      await done
    },
  }
}

/** Waits until all have settled, for `ms` at most. */
async function settled(promises: Iterable<Promise<void>>, ms: number): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const timeout = new Promise<void>((resolve) => (timer = setTimeout(resolve, ms)))
  await Promise.race([Promise.all(promises), timeout])
  clearTimeout(timer)
}
