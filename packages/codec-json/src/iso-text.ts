import { Timestamp } from '@aster/rpc-core'
import { isCalendarTime } from '@aster/rpc-core/schema'

/** Returns a moment as text that `Timestamp.parse` reads, or `undefined` outside the years 0001 to 9999. */
export function isoText(value: Timestamp | Date): string | undefined {
  const moment = value instanceof Timestamp ? value : Timestamp.fromDate(value)
  return isCalendarTime(moment.seconds) ? moment.toString() : undefined
}
