import { type Connection, RpcError, StatusCode } from '@aster/rpc-core'
import { linkSignals, onAbort, unref } from '@aster/rpc-core/protocol'

/** Milliseconds until another dial starts while the earlier ones still run. */
const REDIAL_MS = 2_000
/** Concurrent dials of one attempt. A dial lasts up to 30 s, and iroh's addon cannot cancel it. */
const MAX_DIALS = 3
/**
 * A dial that fails after at least this many milliseconds has met a time limit of the transport, and not an answer of
 * the peer.
 */
const ANSWER_MS = 10_000

/** A new connection, and the time that it took. */
export interface Dialled {
  readonly connection: Connection
  /** Milliseconds that the successful dial took, without the dials before it. */
  readonly tookMs: number
}

/**
 * Dials until a connection is established. A dial sends a lost packet again after a time that doubles, so a dial that starts
 * during an outage recovers long after the end of the outage, while a new dial starts with short times. Therefore another dial
 * starts every 2 s while the earlier ones run, with at most three at a time. The first connection wins, and the others are
 * closed.
 *
 * @throws the error of the first dial that the peer answers with a failure
 * @throws the reason of `signal` if that aborts
 */
export function dialRepeatedly(
  connect: (signal: AbortSignal) => Promise<Connection>,
  signal: AbortSignal,
): Promise<Dialled> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted()
    const race = linkSignals(signal)
    let timer: ReturnType<typeof setTimeout> | undefined
    let running = 0
    let isOver = false

    const end = (): void => {
      isOver = true
      clearTimeout(timer)
      stopListening()
      race.cleanup()
      if (running > 0) race.abort(new RpcError(StatusCode.CANCELLED, 'another dial was faster'))
    }
    const fail = (error: unknown): void => {
      if (isOver) return
      end()
      reject(error)
    }
    const begin = (): void => {
      clearTimeout(timer)
      if (isOver || running === MAX_DIALS) return
      running += 1
      const startedAt = performance.now()
      timer = setTimeout(begin, REDIAL_MS)
      unref(timer)
      // A transport may throw instead of returning a rejected promise.
      new Promise<Connection>((settle) => settle(connect(race.signal))).then(
        (connection) => {
          running -= 1
          if (isOver) return connection.close()
          end()
          resolve({ connection, tookMs: performance.now() - startedAt })
        },
        (error: unknown) => {
          running -= 1
          if (performance.now() - startedAt < ANSWER_MS) fail(error)
          else begin()
        },
      )
    }

    const stopListening = onAbort(signal, () => fail(signal.reason))
    begin()
  })
}
