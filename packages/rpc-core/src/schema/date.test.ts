import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { dateOfDays, daysOfDate, isCalendarTime } from './date.ts'

describe('dates', () => {
  it('are days since 1970', () => {
    expect(daysOfDate('1970-01-01')).toBe(0)
    expect(daysOfDate('1969-12-31')).toBe(-1)
    expect(daysOfDate('2024-01-01')).toBe(19_723)
    expect(daysOfDate('0001-01-01')).toBe(-719_162)
    expect(daysOfDate('9999-12-31')).toBe(2_932_896)
  })

  it('convert back from every day of the years 1 to 9999', () => {
    fc.assert(
      fc.property(fc.integer({ min: -719_162, max: 2_932_896 }), (days) => {
        expect(daysOfDate(dateOfDays(days) ?? '')).toBe(days)
      }),
      { numRuns: 1000 },
    )
  })

  it('have no string outside those years', () => {
    for (const days of [-719_163, 2_932_897, 0.5, Number.NaN, Infinity]) expect(dateOfDays(days)).toBeUndefined()
  })

  it('must exist', () => {
    for (const text of [
      '',
      '2023-02-29',
      '2026-02-30',
      '2026-00-01',
      '2026-13-01',
      '2026-01-00',
      '0000-01-01',
      '2026-1-01',
      '2026-01-01 ',
      '-001-01-01',
      '٢٠٢٦-01-01',
      '2026-01-01\n',
    ]) {
      expect(daysOfDate(text)).toBeUndefined()
    }
    fc.assert(
      fc.property(fc.stringMatching(/^\d{4}-\d\d-\d\d$/), (text) => {
        const days = daysOfDate(text)
        if (days !== undefined) expect(dateOfDays(days)).toBe(text)
      }),
      { numRuns: 1000 },
    )
  })
})

describe('isCalendarTime', () => {
  it('is true from the first second of the year 1 to the last of the year 9999', () => {
    expect([-62_135_596_801, -62_135_596_800, 0, 253_402_300_799, 253_402_300_800].map(isCalendarTime)).toEqual([
      false,
      true,
      true,
      true,
      false,
    ])
  })
})
