/** Turns of the event loop with nothing else to run, after which the work of this process counts as stopped. */
const QUIET_TURNS = 10

/**
 * Waits until all work of this process that needs no outside event has stopped, such as promises and the memory transport,
 * which uses promises and yields after each mebibyte. Does not wait for the network, nor for work that runs in every turn.
 *
 * @param isBusy whether the turn that has just ended does not count
 */
export async function untilQuiet(isBusy = (): boolean => false): Promise<void> {
  for (let turn = 0; turn < QUIET_TURNS; turn++) {
    await new Promise((resolve) => setImmediate(resolve))
    if (isBusy()) turn = -1
  }
}

/** A clock that advances only when `next` is called. */
export interface Clock {
  /** Advances to the next timer and runs it. Returns `false` if no timer is left. */
  next(): boolean
  /** Returns the time of the clock in milliseconds. */
  now(): number
}

/** Returns the clock of faked timers, as `vi` has them. */
export function fakeClock(timers: { getTimerCount(): number; advanceTimersToNextTimer(): unknown }): Clock {
  return {
    next() {
      if (timers.getTimerCount() === 0) return false
      timers.advanceTimersToNextTimer()
      return true
    },
    now: () => Date.now(),
  }
}

/** The outcome of a promise. */
export type Outcome<T> = { readonly value: T } | { readonly error: unknown }

/** The name of an awaited promise in errors, and how long `settle` waits for it. */
export interface Watchdog {
  /** The name of the promise, for errors. */
  readonly what: string
  /** The time on the clock after which the promise counts as stuck, in milliseconds. */
  readonly limitMs: number
  /** The clock that is advanced while the promise is pending. */
  readonly clock: Clock
}

/**
 * Resolves with the outcome of `promise`. Advances the clock while it waits.
 *
 * @throws if no timer is left that could end the promise, or if it has not ended after `limitMs` on that clock
 */
export async function settle<T>(promise: Promise<T>, { what, limitMs, clock }: Watchdog): Promise<Outcome<T>> {
  let outcome: Outcome<T> | undefined
  promise.then(
    (value) => (outcome = { value }),
    (error: unknown) => (outcome = { error }),
  )
  const start = clock.now()
  for (;;) {
    // Work that pauses for a turn continues in an immediate of its own.
    await untilQuiet(() => outcome === undefined && process.getActiveResourcesInfo().includes('Immediate'))
    if (outcome !== undefined) return outcome
    if (clock.now() - start >= limitMs) throw new Error(`${what} has not ended after ${limitMs} ms`)
    if (!clock.next()) throw new Error(`${what} never ends: it waits, and no timer runs`)
  }
}
