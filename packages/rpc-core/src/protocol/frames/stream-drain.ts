import type { ReadWaiter } from '../../transport.ts'
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
  /** Returns the next bytes, as `tryRead` of a stream does: also those that a read under way returns. */
  readRest(waiter: ReadWaiter): Uint8Array | null | undefined
  /** Whether something is still to be sent. */
  readonly isSending: boolean
  /** Tells the peer to stop, and abandons what is still to be sent. */
  abandonRest(): void
}

/** Reads a stream to the peer's end, within limits. */
export class StreamDrain implements Drained, ReadWaiter {
  previous: Drained | undefined
  next: Drained | undefined
  readonly #stream: EndingStream
  readonly #limits: DrainLimits
  #listener: DrainListener | undefined
  #isOverdue = false
  #left: number
  #resolve: (() => void) | undefined
  /** Checks until the time is up, and until it is if no byte comes; the latter starts anew with each byte. */
  #checksLeft: number
  #idleChecksLeft: number

  constructor(stream: EndingStream, limits: DrainLimits = DRAIN, listener?: DrainListener) {
    this.#stream = stream
    this.#limits = limits
    this.#listener = listener
    this.#left = limits.maxBytes
    this.#checksLeft = drainChecks(limits.maxMs)
    this.#idleChecksLeft = drainChecks(limits.maxIdleMs ?? Infinity)
  }

  /** Returns a promise unless the peer has ended its side already: it resolves then, or when the peer was told to stop. Never rejects. */
  run(): Promise<void> | undefined {
    watchDrain(this)
    if (!this.#readRest()) return new Promise((resolve) => (this.#resolve = resolve))
    return undefined
  }

  onReadable(): void {
    if (this.#readRest()) this.#resolve?.()
  }

  /** Reads what has come. Returns whether it was the last. */
  #readRest(): boolean {
    try {
      for (;;) {
        const bytes = this.#stream.readRest(this)
        if (bytes === undefined) return false
        if (bytes === null) break
        this.#left -= bytes.length
        if (this.#left < 0 || this.#isOverdue) {
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
    return true
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
