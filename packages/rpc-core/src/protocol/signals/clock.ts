let clock = performance
let origin = clock.timeOrigin

/**
 * Returns the time in milliseconds since the epoch, by the monotonic clock. A fake `Date`, or a change of the system clock
 * while the process runs, affects no deadline and no duration.
 */
export function epochNow(): number {
  const current = performance
  // A test may put another one in its place, with an origin of its own.
  if (current !== clock) {
    clock = current
    origin = current.timeOrigin
  }
  return origin + current.now()
}
