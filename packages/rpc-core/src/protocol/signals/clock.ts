/**
 * Returns the time in milliseconds since the epoch, by the monotonic clock. A fake `Date`, or a change of the system clock
 * while the process runs, affects no deadline and no duration.
 */
export function epochNow(): number {
  return performance.timeOrigin + performance.now()
}
