import { AbortScope, runAt, epochNow } from '@aster/rpc-core/protocol'

/**
 * The time that running calls have to finish while the server closes. It can be shortened, since `close()` may be called again with
 * less time, but never lengthened.
 */
export class GraceTime {
  /** Aborts when the time is up. */
  readonly expired = new AbortScope()
  #end = Infinity
  #cancelTimer = (): void => {}

  /** Ends the time in `ms` milliseconds, unless it ends sooner. `Infinity` changes nothing. */
  limit(ms: number): void {
    const end = epochNow() + ms
    if (end >= this.#end) return
    this.#end = end
    this.#cancelTimer()
    if (ms === 0) this.expired.abort(undefined)
    else this.#cancelTimer = runAt(end, () => this.expired.abort(undefined))
  }

  /** Stops the timer. `limit` has no effect after that. */
  stop(): void {
    this.#cancelTimer()
    this.#end = -Infinity
  }
}
