import { onAbort } from '@aster/rpc-core/protocol'

/** The sources of time and random numbers, which tests replace. */
export interface Clock {
  /** Returns the time in milliseconds, which never decreases. */
  now(): number
  /** Returns a number from 0 to less than 1. */
  random(): number
}

/** The clock and the random numbers of the process. */
export const systemClock: Clock = { now: () => performance.now(), random: () => Math.random() }

/** The longest wait after the first failed dial, in milliseconds. */
const FIRST_MS = 100
/** The longest wait in milliseconds. Each failure in a row doubles the wait, up to this limit. */
const MOST_MS = 5_000
/**
 * A wait is at most this many milliseconds plus half the time since the first failure, so that calls recover soon after
 * an outage.
 */
const MOST_AT_FIRST_MS = 2_000

/**
 * Returns the milliseconds to wait after `failures` failures in a row: 100, doubled with each failure up to 5,000, and
 * shortened by up to half at random. The random part keeps clients that lost the same producer from dialling it all at once.
 */
export function backoffMs(failures: number, clock: Clock): number {
  return Math.min(FIRST_MS * 2 ** (failures - 1), MOST_MS) * (0.5 + clock.random() / 2)
}

/** Counts the failures in a row, and computes the wait after the last of them. */
export class Backoff {
  readonly #clock: Clock
  #failures = 0
  #firstFailureAt = 0
  #until = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** The clock time at which the wait ends; 0 if there was no failure since the last `reset()`. */
  get until(): number {
    return this.#until
  }

  /** The remaining wait in milliseconds; 0 or less if it is over. */
  get leftMs(): number {
    return this.#until === 0 ? 0 : this.#until - this.#clock.now()
  }

  /**
   * Starts the wait after a failure.
   *
   * @param ms the length of the wait; by default it grows with every failure
   */
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

/**
 * Resolves after `ms` milliseconds. Rejects with the reason of `signal` if that aborts first. The timer keeps the process
 * alive.
 */
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
