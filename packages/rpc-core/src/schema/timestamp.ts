import { isDate } from '../values/guards.ts'
import { Timestamp } from './timestamp-value.ts'
import type { Type } from './type.ts'

/** The type of `t.timestamp`. */
export interface TimestampType extends Type<Timestamp, Timestamp | Date> {
  /** The kind of type. */
  readonly kind: 'timestamp'
}

/** A moment in UTC, to the nanosecond. Callers may pass a `Date`; readers return a `Timestamp`. The default is 1970. */
export const timestamp: TimestampType = {
  kind: 'timestamp',
  zero: () => Timestamp.EPOCH,
  check(value, checker) {
    if (value instanceof Timestamp) return value
    if (!isDate(value)) return checker.mismatch('a Timestamp or a Date', value)
    return Number.isNaN(value.getTime()) ? checker.fail('expected a valid Date') : Timestamp.fromDate(value)
  },
}
