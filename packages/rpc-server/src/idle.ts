import { RpcError, StatusCode } from '@aster/rpc-core'
import { AbortScope, epochNow, runAt, runNeutral } from '@aster/rpc-core/protocol'

/** A connection or session that may be idle. */
interface IdleTime {
  /** How long the connection or session may be idle, in milliseconds; `Infinity` for no limit. */
  readonly ms: number
  /** Returns when the idle time began, in milliseconds since the epoch, or `undefined` if the connection or session is in use. */
  readonly since: () => number | undefined
  /** Called once, when the connection or session has been idle for too long. */
  readonly onIdle: () => void
}

/**
 * Calls `onIdle` when a connection or session has been idle for too long. A use of the connection or session starts no
 * timer: one timer compares times, and does not keep the process alive. Returns a function that ends the watch.
 */
export function watchIdle({ ms, since, onIdle }: IdleTime): () => void {
  if (ms === Infinity) return () => {}
  let stopTimer = (): void => {}
  const arm = (time: number): void => {
    stopTimer = runNeutral(() => runAt(time, look, { unref: true }))
  }
  const look = (): void => {
    const [from, now] = [since(), epochNow()]
    if (from !== undefined && from + ms <= now) onIdle()
    else arm((from ?? now) + ms)
  }
  arm(epochNow() + ms)
  return () => stopTimer()
}

/** Limits the time between two calls of a session. */
export class SessionIdle {
  /** Aborts when the session has been idle for too long, with the error that ends the session. */
  readonly expired = new AbortScope()
  #since: number | undefined
  /** Ends the watch. */
  readonly stop: () => void

  private constructor(ms: number) {
    const onIdle = (): void => {
      const text = `the session was ended: no call ran on it for ${ms} ms (sessionIdleTimeoutMs)`
      this.expired.abort(new RpcError(StatusCode.UNAVAILABLE, text))
    }
    this.stop = watchIdle({ ms, since: () => this.#since, onIdle })
  }

  /** Starts the watch. Returns `undefined` if the time is not limited. */
  static start(ms = Infinity): SessionIdle | undefined {
    return ms === Infinity ? undefined : new SessionIdle(ms)
  }

  /** Begins an idle time: no call runs from now on. */
  begin(): void {
    this.#since = epochNow()
  }

  /** Ends an idle time, because a frame has arrived. */
  end(): void {
    this.#since = undefined
  }
}
