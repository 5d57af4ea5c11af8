import type { Type } from './type.ts'

/** The type of `t.date`. */
export interface DateType extends Type<string> {
  /** The kind of type. */
  readonly kind: 'date'
}

/** A calendar day as `'2026-01-02'`, without time or zone, of the years 0001 to 9999. The default is `'1970-01-01'`. */
export const date: DateType = {
  kind: 'date',
  zero: () => '1970-01-01',
  check(value, checker) {
    if (typeof value !== 'string') return checker.mismatch("a date like '2026-01-02'", value)
    return daysOfDate(value) === undefined ? checker.fail("expected a date like '2026-01-02' that exists") : value
  },
}

/** Seconds per day. */
const DAY_SECONDS = 86_400
/** 0001-01-01 in days since 1970-01-01. */
const MIN_DAYS = -719_162
/** 9999-12-31 in days since 1970-01-01. */
const MAX_DAYS = 2_932_896

/** The number of days of a year before each month, without 29 February. */
const DAYS_BEFORE = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365]

/** The number of days from 0000-03-01 to 1970-01-01. Years begin in March here, so that the leap day is the last day of a year. */
const EPOCH_SHIFT = 719_468
const ERA_DAYS = 146_097

/** Returns the days since 1970-01-01, or `undefined` if `text` is not a date of the years 1 to 9999. */
export function daysOfDate(text: string): number | undefined {
  if (text.length !== 10 || text.charCodeAt(4) !== DASH || text.charCodeAt(7) !== DASH) return undefined
  const year = twoDigits(text, 0) * 100 + twoDigits(text, 2)
  const month = twoDigits(text, 5)
  const day = twoDigits(text, 8)
  // Every comparison with NaN is false.
  if (!(year >= 1 && month >= 1 && month <= 12 && day >= 1)) return undefined
  const isLeap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)
  const before = DAYS_BEFORE[month - 1] as number
  if (day > (DAYS_BEFORE[month] as number) - before + (isLeap && month === 2 ? 1 : 0)) return undefined
  const past = year - 1
  const days = past * 365 + Math.floor(past / 4) - Math.floor(past / 100) + Math.floor(past / 400)
  return MIN_DAYS + days + before + (isLeap && month > 2 ? 1 : 0) + day - 1
}

const DASH = 0x2d

/** Returns the number that two digits form, or NaN if they are not digits. */
function twoDigits(text: string, at: number): number {
  const high = text.charCodeAt(at) - 48
  const low = text.charCodeAt(at + 1) - 48
  return high >= 0 && high <= 9 && low >= 0 && low <= 9 ? high * 10 + low : Number.NaN
}

/** Returns the date of a number of days since 1970-01-01, or `undefined` outside the years 1 to 9999. */
export function dateOfDays(days: number): string | undefined {
  if (!Number.isInteger(days) || days < MIN_DAYS || days > MAX_DAYS) return undefined
  const shifted = days + EPOCH_SHIFT
  const era = Math.floor(shifted / ERA_DAYS)
  const ofEra = shifted - era * ERA_DAYS
  const yearOfEra = Math.floor(
    (ofEra - Math.floor(ofEra / 1_460) + Math.floor(ofEra / 36_524) - Math.floor(ofEra / 146_096)) / 365,
  )
  const ofYear = ofEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100))
  const fromMarch = Math.floor((5 * ofYear + 2) / 153)
  const day = ofYear - Math.floor((153 * fromMarch + 2) / 5) + 1
  const month = fromMarch < 10 ? fromMarch + 3 : fromMarch - 9
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
  return `${padded(year, 4)}-${padded(month, 2)}-${padded(day, 2)}`
}

function padded(value: number, length: number): string {
  return String(value).padStart(length, '0')
}

/**
 * Returns whether a moment, in whole seconds since 1970, is in the years 1 to 9999: the range of Python's `datetime`, and
 * of ISO 8601 with four-digit years. See quirk 40 of docs/python-0.1.md.
 */
export function isCalendarTime(seconds: number): boolean {
  return seconds >= MIN_DAYS * DAY_SECONDS && seconds < (MAX_DAYS + 1) * DAY_SECONDS
}
