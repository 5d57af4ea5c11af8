let clock = performance
let origin = clock.timeOrigin

/**
 * Returns the time in milliseconds since the epoch, by the monotonic clock. A fake `Date`, or a change of the system clock
 * while the process runs, affects no deadline and no duration.
 */
export function epochNow(): number {
  const current = performance
  // A test may replace the clock by one with another origin.
  if (current !== clock) {
    clock = current
    origin = current.timeOrigin
  }
  return origin + current.now()
}
