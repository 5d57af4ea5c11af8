import type { FullConnection, LateStream } from '@aster/rpc-client'
import type { CloseInfo, Connection } from '@aster/rpc-core'
import { runAt, epochNow } from '@aster/rpc-core/protocol'
import type { Clock } from './backoff.ts'
import { errorMessage } from '@aster/rpc-core/schema'
import { refuseStreams } from './refuse-streams.ts'

/** Keeps the connections to one peer, and is told what calls meet on them. */
export interface ConnectionKeeper {
  /** Returns another connection, with room, for a call that waits on `shared`; `undefined` if there is none now. */
  findRoom(shared: SharedConnection, full: FullConnection): SharedConnection | undefined
  /** Has another connection take the place of `shared`, whose peer does not end its streams. */
  replace(shared: SharedConnection): void
}

/** Streams that a peer was told to stop within `STOPPED_MS`, from which on its connection is replaced. */
const MAX_STOPPED = 16
const STOPPED_MS = 60_000
/** How long a connection counts as full after a call that waited: such a call tells so every 50 ms. */
const FULL_MS = 150

/** An open connection, and the number of calls and sessions that share it. */
export class SharedConnection {
  readonly connection: Connection
  readonly #clock: Clock
  readonly #keeper: ConnectionKeeper | undefined
  #pending = 0
  #idleSince: number
  #end: CloseInfo | undefined
  #isRetired = false
  #fullUntil = -Infinity
  /** Streams that were open when the connection was full last. */
  #capacity = 0
  #stopped = 0
  #stoppedSince = -Infinity
  /** Streams that the peer has not ended in time, and that may still end. */
  #overdue = 0

  /** @param onEnd called once the connection is gone */
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

  /** How the connection ended, once it is gone. */
  get end(): CloseInfo | undefined {
    return this.#end
  }

  /** Calls and sessions under way. */
  get pending(): number {
    return this.#pending
  }

  /** Whether the connection takes no new calls, and is closed when its last one ends. */
  get isRetired(): boolean {
    return this.#isRetired
  }

  /** Whether calls wait for a stream of the connection, as far as is known. */
  get isFull(): boolean {
    return this.#clock.now() < this.#fullUntil
  }

  /** Whether the connection carries less than half of what it has carried when it was full. */
  get isHalfEmpty(): boolean {
    return this.#pending * 2 < this.#capacity
  }

  /** Counts a call or session that begins. */
  acquire(): void {
    this.#pending += 1
  }

  /** Counts a call or session that has ended. */
  release(): void {
    this.#pending -= 1
    if (this.#pending > 0) return
    this.#idleSince = this.#clock.now()
    if (this.#isRetired) this.connection.close()
  }

  /** Takes no new calls from here on. Closes the connection when the last one ends. */
  retire(): void {
    if (this.#isRetired) return
    this.#isRetired = true
    if (this.#pending === 0) this.connection.close()
  }

  /** Notes that a call waits for a stream. Returns another connection for it, if there is one with room. */
  findRoom(full: FullConnection): SharedConnection | undefined {
    this.#fullUntil = this.#clock.now() + FULL_MS
    this.#capacity = full.openStreams
    // At least half of the places are those of calls that have ended.
    if (this.#overdue >= Math.max(MAX_STOPPED, full.openStreams)) this.#keeper?.replace(this)
    return this.#keeper?.findRoom(this, full)
  }

  /** Counts a stream that the peer has not ended in time. */
  reportStream(state: LateStream): void {
    if (state === 'overdue') this.#overdue += 1
    // One that sent too much was not overdue before.
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
