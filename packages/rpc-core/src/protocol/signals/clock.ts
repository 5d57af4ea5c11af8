/**
 * Returns the time in milliseconds since the epoch, by the monotonic clock: a `Date` that is faked, or a system clock that is
 * set while the process runs, changes no deadline and no duration.
 */
export function epochNow(): number {
  return performance.timeOrigin + performance.now()
}
