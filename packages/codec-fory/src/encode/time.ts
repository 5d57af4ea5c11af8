import { Timestamp } from '@aster/rpc-core'
import { daysOfDate, isCalendarTime, isDate } from '@aster/rpc-core/schema'
import type { Dialect } from '../layout/dialect.ts'
import { throwInvalid, throwMismatch } from '../wire/failure.ts'
import type { WriteBuffer } from '../wire/write-buffer.ts'

export function writeTimestamp(out: WriteBuffer, value: unknown): void {
  const { seconds, nanoseconds } = toTimestamp(value)
  // Quirk 40 of docs/python-0.1.md.
  if (!isCalendarTime(seconds)) throwInvalid('expected a time in the years 1 to 9999, which is all that Python has')
  out.u64(seconds | 0, Math.floor(seconds / 0x1_0000_0000))
  out.u32(nanoseconds)
}

function toTimestamp(value: unknown): Timestamp {
  if (value instanceof Timestamp) return value
  if (!isDate(value)) throwMismatch('a Timestamp or a Date', value)
  return Number.isNaN(value.getTime()) ? throwInvalid('expected a valid Date') : Timestamp.fromDate(value)
}

export function writeDate(dialect: Dialect, out: WriteBuffer, value: unknown): void {
  const days = typeof value === 'string' ? daysOfDate(value) : undefined
  if (days === undefined) throwMismatch("a date like '2026-01-02'", value)
  dialect.writeDate(out, days)
}
