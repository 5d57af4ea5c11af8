import type { ReadWaiter } from '../../transport.ts'
import { DRAIN, drainChecks, type Drained, type DrainLimits, unwatchDrain, watchDrain } from './drain-watch.ts'

/** Observes a peer that does not end its side of a stream. The stream occupies its slot until then. */
export interface DrainListener {
  /** Called when the time is up and the peer sends nothing. */
  onOverdue(): void
  /**
   * Called at most once, at the end of a stream that was overdue. `isStopped` is true if the peer was told to stop, because
   * it sent too much, sent too late, or sent nothing for another 10 s.
   */
  onDrained(isStopped: boolean): void
}

/** Milliseconds for which an overdue stream is still read. If a busy peer ends the stream in that time, its slot is free again. */
const OVERDUE_MS = 10_000

/** A stream of which only the end is expected. */
export interface EndingStream {
  /** Returns the next bytes, as `tryRead` of a stream does, including the bytes of a pending read. */
  readRest(waiter: ReadWaiter): Uint8Array | null | undefined
  /** Whether some bytes, or the end, have not been sent yet. */
  readonly isSending: boolean
  /** Sets the function that is called once everything has been sent, or cannot be sent. */
  onSent: (() => void) | undefined
  /** Tells the peer to stop, and drops the bytes that have not been sent. */
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
  /** The checks until the whole time is up, and the checks until the idle time is up. Each byte restarts the idle time. */
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

  /**
   * Returns a promise unless the peer has ended its side already. It resolves when the peer ends its side, or is told to
   * stop. Never rejects.
   */
  run(): Promise<void> | undefined {
    watchDrain(this)
    if (!this.#readRest()) return new Promise((resolve) => (this.#resolve = resolve))
    return undefined
  }

  onReadable(): void {
    if (this.#readRest()) this.#resolve?.()
  }

  /** Reads the bytes that have arrived. Returns whether the stream is done. */
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
      // A stream that is reset or lost is done as well.
    }
    if (this.#isOverdue) this.#listener?.onDrained(false)
    this.#listener = undefined
    // Bytes that have not been sent have the rest of the time.
    if (this.#stream.isSending) this.#stream.onSent = () => unwatchDrain(this)
    else unwatchDrain(this)
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
