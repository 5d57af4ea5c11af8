import { Timestamp } from '@aster/rpc-core'
import { dateOfDays, isCalendarTime } from '@aster/rpc-core/schema'
import type { Dialect } from '../layout/dialect.ts'
import type { ReadBuffer } from '../wire/read-buffer.ts'

/** The most nanoseconds within a second. */
const MAX_NANOSECONDS = 999_999_999

export function readTimestamp(input: ReadBuffer): Timestamp {
  const low = input.i32() >>> 0
  const seconds = input.i32() * 0x1_0000_0000 + low
  const nanoseconds = input.i32() >>> 0
  if (!isCalendarTime(seconds) || nanoseconds > MAX_NANOSECONDS) {
    input.throwDataLoss('a time outside of the years 1 to 9999')
  }
  return new Timestamp(seconds, nanoseconds)
}

export function readDate(dialect: Dialect, input: ReadBuffer): string {
  return dateOfDays(dialect.readDate(input)) ?? input.throwDataLoss('a date outside of the years 1 to 9999')
}
