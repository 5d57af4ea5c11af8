import { usageError } from './cli-error.ts'

const UNITS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 }
const EXPECTED =
  'expected a duration such as 30d or 12h, a date such as 2030-01-31, a time such as 2030-01-31T12:00:00Z, or seconds since the epoch'
/** The end of the year 9999, in seconds since the epoch. A larger number is most likely in milliseconds. */
const LAST = 253_402_300_799

/**
 * Returns the moment that `--expires` names, in seconds since the epoch. Dates begin at midnight UTC, and times without a zone
 * are UTC.
 *
 * @param now milliseconds since the epoch
 */
export function parseExpiry(text: string, now: number): number {
  const moment = parseMoment(text.trim(), now / 1000)
  if (moment === undefined) throw usageError('--expires', EXPECTED)
  if (moment > LAST)
    throw usageError('--expires', 'is beyond the year 9999; seconds since the epoch are expected, not milliseconds')
  if (moment <= now / 1000) throw usageError('--expires', `is in the past: ${new Date(moment * 1000).toISOString()}`)
  return moment
}

function parseMoment(text: string, now: number): number | undefined {
  const [, count, unit = ''] = /^(\d{1,12})([smhdw])$/.exec(text) ?? []
  if (count !== undefined) return Math.floor(now) + Number(count) * (UNITS[unit] ?? 0)
  if (/^\d{1,20}$/.test(text)) return Number(text)
  const [, date, time = 'T00:00:00', zone = 'Z'] =
    /^(\d{4}-\d\d-\d\d)(?:([Tt ]\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?)([Zz]|[+-]\d\d:\d\d)?)?$/.exec(text) ?? []
  if (date === undefined || !isDay(date)) return undefined
  const milliseconds = Date.parse(`${date}T${time.slice(1)}${zone.toUpperCase()}`)
  return Number.isNaN(milliseconds) ? undefined : Math.floor(milliseconds / 1000)
}

/** Returns true if a date exists. `Date` accepts the 31st of any month and continues into the next month. */
function isDay(date: string): boolean {
  const parsed = new Date(`${date}T00:00:00Z`)
  return !Number.isNaN(parsed.getTime()) && parsed.toISOString().startsWith(date)
}

/** Formats a moment, in seconds since the epoch, for people: `2030-01-31 12:00 UTC (in 30 days)`. */
export function describeExpiry(seconds: number | bigint, now: number): string {
  if (seconds > LAST) return 'after the year 9999'
  const moment = Number(seconds) * 1000
  const text = `${new Date(moment).toISOString().slice(0, 16).replace('T', ' ')} UTC`
  return moment > now ? `${text} (in ${formatDuration(moment - now)})` : `${text} (${formatDuration(now - moment)} ago)`
}

function formatDuration(milliseconds: number): string {
  const seconds = milliseconds / 1000
  const units = { days: 86_400, hours: 3600, minutes: 60 }
  for (const [unit, length] of Object.entries(units)) {
    if (seconds >= 2 * length) return `${Math.round(seconds / length)} ${unit}`
  }
  return `${Math.ceil(seconds)} s`
}
