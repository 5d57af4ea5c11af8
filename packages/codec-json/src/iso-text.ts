import { Timestamp } from '@aster/rpc-core'

/** The years 0001 to 9999, which ISO 8601 writes with four digits; in seconds since 1970. */
const FIRST_SECOND = -62_135_596_800
const LAST_SECOND = 253_402_300_799

/** A moment as text that `Timestamp.parse` reads; `undefined` outside the years 0001 to 9999. */
export function isoText(value: Timestamp | Date): string | undefined {
  const moment = value instanceof Timestamp ? value : Timestamp.fromDate(value)
  return moment.seconds < FIRST_SECOND || moment.seconds > LAST_SECOND ? undefined : moment.toString()
}
