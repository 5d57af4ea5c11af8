import type { Connection, Logger } from '@aster/rpc-core'
import { unref } from '@aster/rpc-core/protocol'
import { runInBackground } from './background.ts'
import { streamsText } from './progress.ts'

/** How long calls wait for a stream before a warning is logged, in milliseconds. */
const PATIENCE_MS = 1_000

/** What waits for a stream. */
export interface WaitingStream {
  readonly logger: Logger | undefined
  /** When it began to wait, by `performance.now()`. */
  since: number
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

  /** Watches what waits: one timer for all calls, which runs out on its own once nothing waits. */
  run(): void {
    const [oldest] = this.#waiting
    if (oldest === undefined) {
      this.#isWatched = false
      return
    }
    const left = oldest.since + PATIENCE_MS - performance.now()
    if (left <= 0) this.#warn()
    unref(setTimeout(() => this.run(), left > 0 ? left : PATIENCE_MS))
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
