import { onAbort } from '@aster/rpc-core/protocol'

/** The sources of time and chance; tests have their own. */
export interface Clock {
  /** Returns milliseconds that never go back. */
  now(): number
  /** Returns a number from 0 to less than 1. */
  random(): number
}

export const systemClock: Clock = { now: () => performance.now(), random: () => Math.random() }

/** The longest first wait after a failed dial. */
const FIRST_MS = 100
/** The longest wait: each failure in a row doubles the one before, up to this. */
const MOST_MS = 5_000
/** A wait is no longer than this and half the time since the first failure, so that calls come back soon after an outage. */
const MOST_AT_FIRST_MS = 2_000

/**
 * Returns the milliseconds to wait after `failures` failures in a row: 100, doubling up to 5,000, of which chance takes up to
 * half. Without chance, all clients that lost the same producer would come back at once.
 */
export function backoffMs(failures: number, clock: Clock): number {
  return Math.min(FIRST_MS * 2 ** (failures - 1), MOST_MS) * (0.5 + clock.random() / 2)
}

/** Counts the failures in a row, and tells until when to wait after the last of them. */
export class Backoff {
  readonly #clock: Clock
  #failures = 0
  #firstFailureAt = 0
  #until = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** The time on the clock at which the wait ends; 0 if there was no failure since the last `reset()`. */
  get until(): number {
    return this.#until
  }

  /** Milliseconds left to wait; 0 or less if there is nothing to wait for. */
  get leftMs(): number {
    return this.#until === 0 ? 0 : this.#until - this.#clock.now()
  }

  /** Begins the wait after a failure. @param ms the length of the wait; by default it grows with every failure */
  fail(ms?: number): void {
    const now = this.#clock.now()
    if (this.#failures === 0) this.#firstFailureAt = now
    this.#failures += 1
    const most = MOST_AT_FIRST_MS + (now - this.#firstFailureAt) / 2
    this.#until = now + (ms ?? Math.min(backoffMs(this.#failures, this.#clock), most))
  }

  reset(): void {
    this.#failures = 0
    this.#until = 0
  }
}

/** Resolves after `ms` milliseconds. Rejects with the reason of `signal` if that aborts first. A process goes on until then. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted()
  if (ms <= 0) return
  await new Promise<void>((resolve, reject) => {
    const off = onAbort(signal, () => {
      clearTimeout(timer)
      reject(signal.reason as Error)
    })
    const timer = setTimeout(() => {
      off()
      resolve()
    }, ms)
  })
}
