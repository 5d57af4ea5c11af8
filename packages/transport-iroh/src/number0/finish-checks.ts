import { runNeutral, unref } from '@aster/rpc-core/protocol'
import type { NativeSendStream } from './native.ts'

/** Check every 16th finish at once in any case. */
const EVERY = 16
/** After the peer has stopped a half, check the next 64 finishes at once. */
const ALERT = 64
/** Finishes that are checked later, at most. The oldest ones are then not checked. */
const MAX_POSTPONED = 64
/** Milliseconds without a finish after which the postponed checks are made. */
const QUIET_MS = 50

/**
 * Checks the finishes of a connection. If the peer has just stopped a half, the native finish of that half succeeds without
 * effect, and the stream keeps its place until the half is reset or garbage is collected.
 *
 * Checking each finish costs a third of the calls per second, and matters only if peers stop often: in that case the
 * sampled finishes show it, and more are checked. The other finishes are checked once none has followed for a while. If
 * streams that were not checked hold all places, no stream can be opened, so no finish follows, and the last of them, which
 * took the last place, is found.
 */
export class FinishChecks {
  /** The time of the last finish of the connection, by `performance.now()`. */
  lastAt = -Infinity
  #count = 0
  #alert = 0
  /** The last halves that were finished and not checked. */
  #postponed: NativeSendStream[] = []
  #timer: ReturnType<typeof setTimeout> | undefined
  #isQuiet = false
  #isOver = false

  /**
   * Counts a finish, and checks its half now or later. Call it only after the native finish: the check holds the lock of the
   * half until the peer has everything, and would block a finish behind it.
   *
   * @param now whether the half is checked at once, whatever the count
   */
  add(native: NativeSendStream, now: boolean): void {
    if (now || this.#isDue()) void this.#resetIfStopped(native)
    else this.#postpone(native)
  }

  /** Records that the peer has stopped a half. */
  stopMet(): void {
    this.#alert = ALERT
  }

  /** Drops all halves when the connection is gone. */
  drop(): void {
    this.#isOver = true
    this.#postponed = []
    clearTimeout(this.#timer)
  }

  #isDue(): boolean {
    if (this.#alert > 0) {
      this.#alert--
      return true
    }
    this.#count = (this.#count + 1) % EVERY
    return this.#count === 0
  }

  #postpone(native: NativeSendStream): void {
    if (this.#isOver) return
    this.#isQuiet = false
    if (this.#postponed.length === MAX_POSTPONED) this.#postponed.shift()
    this.#postponed.push(native)
    if (this.#timer === undefined) this.#arm()
  }

  #arm(): void {
    this.#isQuiet = true
    this.#timer = runNeutral(() => setTimeout(() => this.#look(), QUIET_MS))
    unref(this.#timer)
  }

  #look(): void {
    this.#timer = undefined
    if (!this.#isQuiet) return this.#arm()
    const halves = this.#postponed
    this.#postponed = []
    for (const half of halves) void this.#resetIfStopped(half)
  }

  /** Resets a half if the peer has stopped it. Never rejects. */
  async #resetIfStopped(native: NativeSendStream): Promise<void> {
    try {
      if ((await native.stopped()) === null) return
      this.stopMet()
      await native.reset(0n)
    } catch {
      // The connection is gone.
    }
  }
}
