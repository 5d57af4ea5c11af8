/**
 * Waits until everything that goes on by itself within the process has gone as far as it can: promises, and the memory
 * transport, which is made of them and lets others go first once in a mebibyte. Not the network.
 */
export async function quiet(): Promise<void> {
  for (let turn = 0; turn < 10; turn++) await new Promise((resolve) => setImmediate(resolve))
}

/** A clock that stands still until it is told. */
export interface Clock {
  /** Goes on to the next timer and runs it; false where there is none. */
  next(): boolean
  /** Milliseconds. */
  now(): number
}

/** The clock of faked timers, as `vi` has them. */
export function clockOf(timers: { getTimerCount(): number; advanceTimersToNextTimer(): unknown }): Clock {
  return {
    next() {
      if (timers.getTimerCount() === 0) return false
      timers.advanceTimersToNextTimer()
      return true
    },
    now: () => Date.now(),
  }
}

export type Outcome<T> = { readonly value: T } | { readonly error: unknown }

/**
 * How `promise` ends, with the clock going on for as long as it waits. Throws when nothing is left that could end it, or
 * when it has not ended after `limitMs` on that clock: it hangs.
 */
export async function within<T>(limitMs: number, clock: Clock, promise: Promise<T>, what: string): Promise<Outcome<T>> {
  let outcome: Outcome<T> | undefined
  promise.then(
    (value) => (outcome = { value }),
    (error: unknown) => (outcome = { error }),
  )
  const start = clock.now()
  for (;;) {
    await quiet()
    if (outcome !== undefined) return outcome
    if (clock.now() - start >= limitMs) throw new Error(`${what} has not ended after ${limitMs} ms`)
    if (!clock.next()) throw new Error(`${what} never ends: it waits, and no timer runs`)
  }
}
