import { DRAIN, drainChecks, type Drained, type DrainLimits, unwatchDrain, watchDrain } from './drain-watch.ts'

/** Told of a peer that does not end its side of a stream, which keeps its place until then. */
export interface DrainListener {
  /** Called when the time is up, and the peer sends nothing. */
  onOverdue(): void
  /**
   * Called at most once, at the end of a stream that was overdue, and with true when the peer was told to stop because it sent
   * too much, or too late, or nothing for another 10 s.
   */
  onDrained(isStopped: boolean): void
}

/** How long an overdue stream is listened to: an end that is late, because the peer is busy, frees the place. */
const OVERDUE_MS = 10_000

/** A stream on which nothing is expected any more but its end. */
export interface EndingStream {
  /** Waits for the next bytes, or for those of a read under way. Resolves to how many they are; `undefined` at the end. */
  readRest(): Promise<number | undefined>
  /** Whether something is still to be sent. */
  readonly isSending: boolean
  /** Tells the peer to stop, and abandons what is still to be sent. */
  abandonRest(): void
}

/** Reads a stream to the peer's end, within limits. */
export class StreamDrain implements Drained {
  previous: Drained | undefined
  next: Drained | undefined
  readonly #stream: EndingStream
  readonly #limits: DrainLimits
  #listener: DrainListener | undefined
  #isOverdue = false
  /** Checks until the time is up, and until it is if no byte comes; the latter starts anew with each byte. */
  #checksLeft: number
  #idleChecksLeft: number

  constructor(stream: EndingStream, limits: DrainLimits = DRAIN, listener?: DrainListener) {
    this.#stream = stream
    this.#limits = limits
    this.#listener = listener
    this.#checksLeft = drainChecks(limits.maxMs)
    this.#idleChecksLeft = drainChecks(limits.maxIdleMs ?? Infinity)
  }

  /** Resolves when the peer has ended its side, or was told to stop. Never rejects. */
  async run(): Promise<void> {
    watchDrain(this)
    let left = this.#limits.maxBytes
    try {
      for (;;) {
        const bytes = await this.#stream.readRest()
        if (bytes === undefined) break
        left -= bytes
        if (left < 0 || this.#isOverdue) {
          this.#stop()
          break
        }
        this.#idleChecksLeft = drainChecks(this.#limits.maxIdleMs ?? Infinity)
      }
    } catch {
      // Reset or lost: done with as well.
    }
    if (this.#isOverdue) this.#listener?.onDrained(false)
    this.#listener = undefined
    // What is still to be sent has the rest of the time to get out.
    if (!this.#stream.isSending) unwatchDrain(this)
  }

  checkDrain(): void {
    this.#checksLeft -= 1
    this.#idleChecksLeft -= 1
    if (this.#checksLeft > 0 && this.#idleChecksLeft > 0) return
    if (this.#listener === undefined || this.#isOverdue) return this.#stop()
    this.#isOverdue = true
    this.#checksLeft = this.#idleChecksLeft = drainChecks(OVERDUE_MS)
    this.#listener.onOverdue()
  }

  #stop(): void {
    unwatchDrain(this)
    const listener = this.#listener
    this.#listener = undefined
    this.#stream.abandonRest()
    listener?.onDrained(true)
  }
}
