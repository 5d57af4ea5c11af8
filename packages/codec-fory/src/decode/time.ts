import { Timestamp } from '@aster/rpc-core'
import { dateOfDays } from '@aster/rpc-core/schema'
import type { Dialect } from '../layout/dialect.ts'
import type { Reader } from '../wire/read-buffer.ts'
import { MAX_NANOSECONDS, MAX_SECONDS, MIN_SECONDS } from '../layout/time-range.ts'

export function readTimestamp(input: Reader): Timestamp {
  const low = input.i32() >>> 0
  const seconds = input.i32() * 0x1_0000_0000 + low
  const nanoseconds = input.i32() >>> 0
  if (seconds < MIN_SECONDS || seconds > MAX_SECONDS || nanoseconds > MAX_NANOSECONDS) {
    input.broken('a time outside of the years 1 to 9999')
  }
  return new Timestamp(seconds, nanoseconds)
}

export function readDate(dialect: Dialect, input: Reader): string {
  return dateOfDays(dialect.readDate(input)) ?? input.broken('a date outside of the years 1 to 9999')
}
