import { isDate } from '../values/guards.ts'
import { Timestamp } from './timestamp-value.ts'
import type { Type } from './type.ts'

export interface TimestampType extends Type<Timestamp, Timestamp | Date> {
  readonly kind: 'timestamp'
}

/** A moment in UTC, to the nanosecond. A `Date` may be passed; a `Timestamp` comes back. */
export const timestamp: TimestampType = {
  kind: 'timestamp',
  zero: () => Timestamp.EPOCH,
  check(value, checker) {
    if (value instanceof Timestamp) return value
    if (!isDate(value)) return checker.mismatch('a Timestamp or a Date', value)
    return Number.isNaN(value.getTime()) ? checker.fail('expected a valid Date') : Timestamp.fromDate(value)
  },
}
