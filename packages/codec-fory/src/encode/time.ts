import { Timestamp } from '@aster/rpc-core'
import { daysOfDate } from '@aster/rpc-core/schema'
import type { Dialect } from '../layout/dialect.ts'
import { misfit, mismatch } from '../wire/failure.ts'
import { MAX_SECONDS, MIN_SECONDS } from '../layout/time-range.ts'
import type { WriteBuffer } from '../wire/write-buffer.ts'

export function writeTimestamp(out: WriteBuffer, value: unknown): void {
  const { seconds, nanoseconds } = timestampOf(value)
  if (seconds < MIN_SECONDS || seconds > MAX_SECONDS)
    misfit('expected a time in the years 1 to 9999, which is all that Python has')
  out.u64(seconds | 0, Math.floor(seconds / 0x1_0000_0000))
  out.u32(nanoseconds)
}

function timestampOf(value: unknown): Timestamp {
  if (value instanceof Timestamp) return value
  if (!(value instanceof Date)) mismatch('a Timestamp or a Date', value)
  return Number.isNaN(value.getTime()) ? misfit('expected a valid Date') : Timestamp.fromDate(value)
}

export function writeDate(dialect: Dialect, out: WriteBuffer, value: unknown): void {
  const days = typeof value === 'string' ? daysOfDate(value) : undefined
  if (days === undefined) mismatch("a date like '2026-01-02'", value)
  dialect.writeDate(out, days)
}
