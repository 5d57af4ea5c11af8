import type { ByteStream, Connection, Logger } from '@aster/rpc-core'
import { unref, runInBackground } from '@aster/rpc-core/protocol'
import { streamsText } from './progress.ts'

/** How long a call waits for a stream before it may move to another connection, and between two attempts, in milliseconds. */
const MOVE_MS = 50
/** The least number of calls that may move to another connection at a time; more if more streams are open on this one. */
const MIN_MOVES = 16
/** How long calls wait for a stream before a warning is logged, in milliseconds. */
const PATIENCE_MS = 1_000

/** A call, or the opening of a session, that waits for a stream. */
export interface WaitingStream {
  readonly logger: Logger | undefined
  /** When the wait began, by `performance.now()`. */
  since: number
  /** Whether the wait may move to another connection. */
  readonly isMovable: boolean
  /** Moves to another connection if there is one with room. Returns whether it moved. */
  move(waitedMs: number): boolean
  /** Ends the wait with a stream. */
  accept(stream: ByteStream): void
}

const all = new WeakMap<Connection, OpenStreams>()

/** The streams that the calls and sessions of this process have open on one connection, and the queue of those that wait. */
export class OpenStreams {
  /** The number of open streams. */
  open = 0
  readonly #connection: Connection
  /** The waiting calls, the oldest first. */
  readonly #waiting = new Set<WaitingStream>()
  #isWatched = false
  /** Whether a warning was logged; false again when no call waits. */
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

  /** Returns a stream if the connection can open one at once and no other call waits. */
  tryOpenStream(): ByteStream | undefined {
    if (this.#waiting.size > 0) return undefined
    try {
      return this.#connection.tryOpenStream?.()
    } catch {
      // The connection may be the user's, and throw. `openStream` then reports the error.
      return undefined
    }
  }

  /** Opens a stream. Also rejects if the connection, which may be the user's, throws. */
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

  /** Passes a stream on to the call that has waited longest. Returns false if no call waits. */
  pass(stream: ByteStream): boolean {
    for (const waiting of this.#waiting) {
      waiting.accept(stream)
      return true
    }
    return false
  }

  /** Moves waiting calls to other connections and logs the warning. One timer serves all calls, and stops when no call waits. */
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

  /** Moves calls that have waited long enough to another connection, the oldest first, and about as many as fit there. */
  #move(): void {
    let left = Math.max(this.open, MIN_MOVES)
    const now = performance.now()
    for (const stream of this.#waiting) {
      const waitedMs = now - stream.since
      if (left-- === 0 || waitedMs < MOVE_MS || !stream.move(waitedMs)) return
    }
  }

  /** Warns with the logger of the oldest waiting call that has a logger. Does not warn again until no call waits. */
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
