import type { Type } from './type.ts'

export interface DateType extends Type<string> {
  readonly kind: 'date'
}

/** A day of the calendar as `'2026-01-02'`, without time or zone; years 0001 to 9999. */
export const date: DateType = {
  kind: 'date',
  zero: () => '1970-01-01',
  check(value, checker) {
    if (typeof value !== 'string') return checker.mismatch("a date like '2026-01-02'", value)
    return daysOfDate(value) === undefined ? checker.fail("expected a date like '2026-01-02' that exists") : value
  },
}

const DAY_MS = 86_400_000
const DAY_SECONDS = 86_400
const MIN_DAYS = -719_162
const MAX_DAYS = 2_932_896

/** Days since 1970-01-01; `undefined` for a text that is no date of the years 1 to 9999. */
export function daysOfDate(text: string): number | undefined {
  if (!/^\d{4}-\d\d-\d\d$/.test(text)) return undefined
  const ms = Date.parse(`${text}T00:00:00Z`)
  // 'YYYY-02-30' parses in some engines and rolls over: the text must come back.
  if (Number.isNaN(ms) || new Date(ms).toISOString().slice(0, 10) !== text) return undefined
  const days = ms / DAY_MS
  return days < MIN_DAYS ? undefined : days
}

/** The reverse of `daysOfDate`; `undefined` outside the years 1 to 9999. */
export function dateOfDays(days: number): string | undefined {
  if (!Number.isInteger(days) || days < MIN_DAYS || days > MAX_DAYS) return undefined
  return new Date(days * DAY_MS).toISOString().slice(0, 10)
}

/** Returns whether a moment, in whole seconds since 1970, is in the years 1 to 9999: the range of Python's `datetime` and of ISO 8601 with four digits. */
export function isCalendarTime(seconds: number): boolean {
  return seconds >= MIN_DAYS * DAY_SECONDS && seconds < (MAX_DAYS + 1) * DAY_SECONDS
}
