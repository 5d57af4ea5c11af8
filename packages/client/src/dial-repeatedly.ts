import { type Connection, RpcError, StatusCode } from '@aster/rpc-core'
import { linkSignals, onAbort, unref } from '@aster/rpc-core/protocol'

/** How often a dial begins beside those that are under way. */
const REDIAL_MS = 2_000
/** Dials of one attempt at a time: iroh's addon cannot call one off, and each lasts up to 30 s. */
const MAX_DIALS = 3
/** A dial that fails no sooner than this has met a time limit of the transport, which is no answer of the peer. */
const ANSWER_MS = 10_000

export interface Dialled {
  readonly connection: Connection
  /** Milliseconds that the dial took which brought the connection, without the dials before it. */
  readonly tookMs: number
}

/**
 * Dials until a connection stands. A packet that is lost is sent again after a time that doubles, so a dial that begins during
 * an outage comes back long after its end; a new one begins with short times. So another begins every 2 s beside those under
 * way, at most three at a time. The first connection wins, and what the others bring is closed.
 *
 * @throws the error of the first dial that is answered with a failure · the reason of `signal`
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
      // A transport may throw rather than reject.
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
