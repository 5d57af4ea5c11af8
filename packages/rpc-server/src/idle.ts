import { RpcError, StatusCode } from '@aster/rpc-core'
import { AbortScope, epochNow, runAt, runNeutral } from '@aster/rpc-core/protocol'

/** Something that may be idle. */
interface IdleTime {
  /** How long it may be idle, in milliseconds. `Infinity` for ever. */
  readonly ms: number
  /** Returns since when it is idle, in milliseconds since the epoch; `undefined` if it is not. */
  readonly since: () => number | undefined
  /** Called once, when it has been idle for the time. */
  readonly onIdle: () => void
}

/**
 * Watches for something that is idle for too long. One timer that looks at a clock, so that what is in use arms none. Returns a
 * function that ends the watch. The timer keeps no process alive.
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

/** The time between two calls of a session, if that is limited. */
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

  /** Returns `undefined` if the time is not limited. */
  static start(ms = Infinity): SessionIdle | undefined {
    return ms === Infinity ? undefined : new SessionIdle(ms)
  }

  /** No call runs from now on. */
  begin(): void {
    this.#since = epochNow()
  }

  /** A frame has come. */
  end(): void {
    this.#since = undefined
  }
}
