import type { ByteStream, Connection, Logger } from '@aster/rpc-core'
import { unref, runInBackground } from '@aster/rpc-core/protocol'
import { streamsText } from './progress.ts'

/** How long a call waits for a stream before it is offered another connection, and between two offers, in milliseconds. */
const MOVE_MS = 50
/** Calls that move at a time to another connection, if fewer streams are open on this one. */
const MIN_MOVES = 16
/** How long calls wait for a stream before a warning is logged, in milliseconds. */
const PATIENCE_MS = 1_000

/** What waits for a stream. */
export interface WaitingStream {
  readonly logger: Logger | undefined
  /** When it began to wait, by `performance.now()`. */
  since: number
  /** Whether it may go to another connection. */
  readonly isMovable: boolean
  /** Goes to another connection if there is one with room. */
  move(waitedMs: number): boolean
  /** Ends the wait. */
  accept(stream: ByteStream): void
}

const all = new WeakMap<Connection, OpenStreams>()

/** The streams that the calls and sessions of this process have open on one connection, and what waits for another. */
export class OpenStreams {
  /** How many streams are open. */
  open = 0
  readonly #connection: Connection
  /** In the order in which they began to wait. */
  readonly #waiting = new Set<WaitingStream>()
  #isWatched = false
  /** Whether the log was told, and calls have waited ever since. */
  #isTold = false

  private constructor(connection: Connection) {
    this.#connection = connection
  }

  /** Returns the streams of a connection. */
  static of(connection: Connection): OpenStreams {
    let streams = all.get(connection)
    if (streams === undefined) all.set(connection, (streams = new OpenStreams(connection)))
    return streams
  }

  /** Returns a stream if the connection can open one at once, and nothing waits for it. */
  tryOpenStream(): ByteStream | undefined {
    if (this.#waiting.size > 0) return undefined
    try {
      return this.#connection.tryOpenStream?.()
    } catch {
      // A connection of the user: `openStream` says what is wrong.
      return undefined
    }
  }

  /** Opens a stream. A connection may be one of the user, and throw rather than reject. */
  openStream(signal: AbortSignal): Promise<ByteStream> {
    try {
      return this.#connection.openStream({ signal })
    } catch (error) {
      return Promise.reject(error)
    }
  }

  startWaiting(stream: WaitingStream): void {
    stream.since = performance.now()
    this.#waiting.add(stream)
    if (this.#isWatched) return
    this.#isWatched = true
    runInBackground(this)
  }

  stopWaiting(stream: WaitingStream): void {
    this.#waiting.delete(stream)
    if (this.#waiting.size === 0) this.#isTold = false
  }

  /** Passes a stream on to what has waited longest. Returns false if nothing waits. */
  pass(stream: ByteStream): boolean {
    for (const waiting of this.#waiting) {
      waiting.accept(stream)
      return true
    }
    return false
  }

  /** Watches what waits: one timer for all calls, which runs out on its own once nothing waits. */
  run(): void {
    this.#move()
    const [oldest] = this.#waiting
    if (oldest === undefined) {
      this.#isWatched = false
      return
    }
    const waitedMs = performance.now() - oldest.since
    if (waitedMs >= PATIENCE_MS) this.#warn()
    const untilMove = oldest.isMovable ? Math.max(MOVE_MS - waitedMs, MOVE_MS / 2) : Infinity
    const untilWarning = waitedMs < PATIENCE_MS ? PATIENCE_MS - waitedMs : PATIENCE_MS
    unref(setTimeout(() => this.run(), Math.min(untilMove, untilWarning)))
  }

  /** Has calls that have waited long enough move to another connection, the oldest first: about as many as fit there. */
  #move(): void {
    let left = Math.max(this.open, MIN_MOVES)
    const now = performance.now()
    for (const stream of this.#waiting) {
      const waitedMs = now - stream.since
      if (left-- === 0 || waitedMs < MOVE_MS || !stream.move(waitedMs)) return
    }
  }

  /** Tells the logger of the call that has waited longest, once for as long as calls wait. */
  #warn(): void {
    if (this.#isTold) return
    for (const { logger } of this.#waiting) {
      if (logger === undefined) continue
      this.#isTold = true
      const fields = { peer: this.#connection.remoteId, openStreams: this.open, waiting: this.#waiting.size }
      logger.warn(fields, `calls wait for a stream: ${streamsText(this.open)}`)
      return
    }
  }
}
