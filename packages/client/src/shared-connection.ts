import type { FullConnection, LateStream } from '@aster/rpc-client'
import type { CloseInfo, Connection } from '@aster/rpc-core'
import { runAt, epochNow } from '@aster/rpc-core/protocol'
import type { Clock } from './backoff.ts'
import { errorMessage } from '@aster/rpc-core/schema'
import { refuseStreams } from './refuse-streams.ts'

/** Keeps the connections to one peer. Connections call it when calls need more room or the peer does not end its streams. */
export interface ConnectionKeeper {
  /** Returns another connection with room for a call that waits on `shared`; `undefined` if none exists yet. */
  findRoom(shared: SharedConnection, full: FullConnection): SharedConnection | undefined
  /** Replaces `shared` by another connection, because its peer does not end its streams. */
  replace(shared: SharedConnection): void
}

/**
 * The number of streams that a peer has not ended within `STOPPED_MS` after it was told to, from which on its
 * connection is replaced.
 */
const MAX_STOPPED = 16
const STOPPED_MS = 60_000
/** Milliseconds for which a connection counts as full after a report of a waiting call. Such a call reports every 50 ms. */
const FULL_MS = 150

/** An open connection, with the number of calls and sessions that share it. */
export class SharedConnection {
  readonly connection: Connection
  readonly #clock: Clock
  readonly #keeper: ConnectionKeeper | undefined
  #pending = 0
  #idleSince: number
  #end: CloseInfo | undefined
  #isRetired = false
  #fullUntil = -Infinity
  /** The number of streams that were open when the connection was last full. */
  #capacity = 0
  #stopped = 0
  #stoppedSince = -Infinity
  /** The number of streams that the peer has not ended in time, and that may still end. */
  #overdue = 0

  /** @param onEnd called when the connection has ended */
  constructor(connection: Connection, clock: Clock, onEnd: (info: CloseInfo) => void, keeper?: ConnectionKeeper) {
    this.connection = connection
    this.#clock = clock
    this.#keeper = keeper
    this.#idleSince = clock.now()
    const end = (info: CloseInfo): void => {
      this.#end = info
      onEnd(info)
    }
    refuseStreams(connection)
    connection.closed.then(end, (error: unknown) => end({ by: 'network', reason: errorMessage(error) }))
  }

  /** The end of the connection; `undefined` while it is open. */
  get end(): CloseInfo | undefined {
    return this.#end
  }

  /** The number of running calls and sessions. */
  get pending(): number {
    return this.#pending
  }

  /** True if the connection takes no new calls and closes when its last call ends. */
  get isRetired(): boolean {
    return this.#isRetired
  }

  /** True if a call has recently reported that it waits for a stream of the connection. */
  get isFull(): boolean {
    return this.#clock.now() < this.#fullUntil
  }

  /** True if the connection has less than half of the calls that it had when it was last full. */
  get isHalfEmpty(): boolean {
    return this.#pending * 2 < this.#capacity
  }

  /** Counts the beginning of a call or session. */
  acquire(): void {
    this.#pending += 1
  }

  /** Counts the end of a call or session. */
  release(): void {
    this.#pending -= 1
    if (this.#pending > 0) return
    this.#idleSince = this.#clock.now()
    if (this.#isRetired) this.connection.close()
  }

  /** Stops taking new calls, and closes the connection when the last call ends. */
  retire(): void {
    if (this.#isRetired) return
    this.#isRetired = true
    if (this.#pending === 0) this.connection.close()
  }

  /** Records that a call waits for a stream. Returns another connection with room for the call, if there is one. */
  findRoom(full: FullConnection): SharedConnection | undefined {
    this.#fullUntil = this.#clock.now() + FULL_MS
    this.#capacity = full.openStreams
    // At least half of the streams belong to calls that have ended.
    if (this.#overdue >= Math.max(MAX_STOPPED, full.openStreams)) this.#keeper?.replace(this)
    return this.#keeper?.findRoom(this, full)
  }

  /** Counts a stream that the peer has not ended in time. */
  reportStream(state: LateStream): void {
    if (state === 'overdue') this.#overdue += 1
    // A stream whose peer sent too much was not counted as overdue before.
    else if (this.#overdue > 0) this.#overdue -= 1
    if (state === 'stopped') this.#countStopped()
  }

  #countStopped(): void {
    const now = this.#clock.now()
    if (now - this.#stoppedSince > STOPPED_MS) {
      this.#stoppedSince = now
      this.#stopped = 0
    }
    this.#stopped += 1
    if (this.#stopped === MAX_STOPPED) this.#keeper?.replace(this)
  }

  /**
   * Calls `onIdle` when the connection has been unused for `timeoutMs` milliseconds, or never if that is `Infinity`. Returns a
   * function that ends the watch.
   */
  watchIdle(timeoutMs: number, onIdle: () => void): () => void {
    let stop = (): void => {}
    // One timer at a time for the life of the connection: the end of a call only records the time.
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
