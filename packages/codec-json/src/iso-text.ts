import { Timestamp } from '@aster/rpc-core'
import { isCalendarTime } from '@aster/rpc-core/schema'

/** Returns a moment as a string that `Timestamp.parse` reads, or `undefined` if it is outside the years 0001 to 9999. */
export function isoText(value: Timestamp | Date): string | undefined {
  const moment = value instanceof Timestamp ? value : Timestamp.fromDate(value)
  return isCalendarTime(moment.seconds) ? moment.toString() : undefined
}
