import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CliError } from './cli-error.ts'
import { describeExpiry, parseExpiry } from './expiry.ts'

const NOW = Date.UTC(2026, 10, 23)
const at = (year: number, month: number, day: number, hour = 0, minute = 0, second = 0) =>
  Date.UTC(year, month - 1, day, hour, minute, second) / 1000

describe('parseExpiry', () => {
  it.each([
    ['30d', at(2026, 12, 23)],
    ['12h', at(2026, 11, 23, 12)],
    ['90m', at(2026, 11, 23, 1, 30)],
    ['45s', at(2026, 11, 23, 0, 0, 45)],
    ['2w', at(2026, 12, 7)],
    [' 1d ', at(2026, 11, 24)],
    ['2030-01-31', at(2030, 1, 31)],
    ['2030-01-31T12:30', at(2030, 1, 31, 12, 30)],
    ['2030-01-31 12:30:15', at(2030, 1, 31, 12, 30, 15)],
    ['2030-01-31T12:30:15Z', at(2030, 1, 31, 12, 30, 15)],
    ['2030-01-31T12:30:15.999z', at(2030, 1, 31, 12, 30, 15)],
    ['2030-01-31T12:30:00+02:00', at(2030, 1, 31, 10, 30)],
    ['2028-02-29', at(2028, 2, 29)],
    ['1893456000', 1_893_456_000],
    ['253402300799', 253_402_300_799],
  ])('takes %s', (text, seconds) => {
    expect(parseExpiry(text, NOW)).toBe(seconds)
  })

  it.each([
    ['', 'expected a duration such as 30d'],
    ['30', 'is in the past'],
    ['30 days', 'expected a duration'],
    ['-1d', 'expected a duration'],
    ['1.5d', 'expected a duration'],
    ['0d', 'is in the past'],
    ['tomorrow', 'expected a duration'],
    ['2030-02-30', 'expected a duration'],
    ['2030-13-01', 'expected a duration'],
    ['2027-02-29', 'expected a duration'],
    ['2030-01-31T25:00', 'expected a duration'],
    ['2030-01-31Z', 'expected a duration'],
    ['31.1.2030', 'expected a duration'],
    ['2026-11-23', 'is in the past: 2026-11-23T00:00:00.000Z'],
    ['1893456000000', 'seconds since the epoch are expected, not milliseconds'],
    ['18446744073709551615', 'beyond the year 9999'],
    ['999999999999w', 'beyond the year 9999'],
  ])('refuses %j', (text, problem) => {
    expect(() => parseExpiry(text, NOW)).toThrow(problem)
  })

  it('takes any text for a moment to come, or refuses it with a CliError', () => {
    const parts = fc.constantFrom('1', '30', 'd', 'h', '-', 'T', ':', '2030', '01', 'Z', '+', '.', ' ')
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(parts).map((all) => all.join('')),
        ),
        (text) => {
          try {
            const seconds = parseExpiry(text, NOW)
            expect(Number.isSafeInteger(seconds) && seconds > NOW / 1000).toBe(true)
          } catch (error) {
            expect(error).toBeInstanceOf(CliError)
          }
        },
      ),
    )
  })
})

describe('describeExpiry', () => {
  it.each([
    [at(2026, 12, 23), '2026-12-23 00:00 UTC (in 30 days)'],
    [at(2026, 11, 23, 12), '2026-11-23 12:00 UTC (in 12 hours)'],
    [at(2026, 11, 23, 0, 5), '2026-11-23 00:05 UTC (in 5 minutes)'],
    [at(2026, 11, 23, 0, 0, 9), '2026-11-23 00:00 UTC (in 9 s)'],
    [at(2026, 11, 23), '2026-11-23 00:00 UTC (0 s ago)'],
    [at(2026, 11, 20), '2026-11-20 00:00 UTC (3 days ago)'],
    [1, '1970-01-01 00:00 UTC (20780 days ago)'],
    [18_446_744_073_709_551_615n, 'after the year 9999'],
  ])('says %s as %s', (seconds, text) => {
    expect(describeExpiry(seconds, NOW)).toBe(text)
  })
})
