import type { CloseInfo, Connection } from '@aster/rpc-core'
import { runAt, epochNow } from '@aster/rpc-core/protocol'
import type { Clock } from './backoff.ts'
import { errorMessage } from '@aster/rpc-core/schema'

/** An open connection, and the number of calls and sessions that share it. */
export class SharedConnection {
  readonly connection: Connection
  readonly #clock: Clock
  #pending = 0
  #idleSince: number
  #end: CloseInfo | undefined

  /** @param onEnd called once the connection is gone */
  constructor(connection: Connection, clock: Clock, onEnd: (info: CloseInfo) => void) {
    this.connection = connection
    this.#clock = clock
    this.#idleSince = clock.now()
    const end = (info: CloseInfo): void => {
      this.#end = info
      onEnd(info)
    }
    connection.closed.then(end, (error: unknown) => end({ by: 'network', reason: errorMessage(error) }))
  }

  /** How the connection ended, once it is gone. */
  get end(): CloseInfo | undefined {
    return this.#end
  }

  /** Calls and sessions under way. */
  get pending(): number {
    return this.#pending
  }

  /** Counts a call or session that begins. */
  acquire(): void {
    this.#pending += 1
  }

  /** Counts a call or session that has ended. */
  release(): void {
    this.#pending -= 1
    if (this.#pending === 0) this.#idleSince = this.#clock.now()
  }

  /**
   * Calls `onIdle` once nothing has used the connection for `timeoutMs`; never for `Infinity`. Returns a function that ends
   * the watch.
   */
  watchIdle(timeoutMs: number, onIdle: () => void): () => void {
    let stop = (): void => {}
    // One timer for the whole life of the connection: a call that ends only notes the time.
    const watch = (): void => {
      const leftMs = timeoutMs - this.#idleMs
      if (leftMs <= 0) onIdle()
      else stop = runAt(epochNow() + leftMs, watch, { unref: true })
    }
    if (timeoutMs !== Infinity) watch()
    return () => stop()
  }

  get #idleMs(): number {
    return this.#pending > 0 ? 0 : this.#clock.now() - this.#idleSince
  }
}
