import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { AsterError } from '../aster-error.ts'
import { Timestamp } from './timestamp-value.ts'

describe('Timestamp', () => {
  it('writes as many digits as it needs, and reads them back', () => {
    for (const text of [
      '2026-01-02T03:04:05.000Z',
      '2026-01-02T03:04:05.678Z',
      '2026-01-02T03:04:05.000006Z',
      '2026-01-02T03:04:05.123456789Z',
      '1969-12-31T23:59:59.999999999Z',
      '0001-01-01T00:00:00.000Z',
      '9999-12-31T23:59:59.999Z',
    ]) {
      expect(String(Timestamp.parse(text))).toBe(text)
    }
    const moment = fc.tuple(fc.integer({ min: -62_135_596_800, max: 253_402_300_799 }), fc.nat(999_999_999))
    fc.assert(
      fc.property(moment, ([seconds, nanoseconds]) => {
        const timestamp = new Timestamp(seconds, nanoseconds)
        expect(Timestamp.parse(timestamp.toString()).equals(timestamp)).toBe(true)
      }),
    )
  })

  it('reads fractions and offsets of any length', () => {
    expect(Timestamp.parse('1970-01-01T00:00:01Z')).toEqual(new Timestamp(1))
    expect(Timestamp.parse('1970-01-01T00:00:01.5Z')).toEqual(new Timestamp(1, 500_000_000))
    expect(Timestamp.parse('1970-01-01T01:00:00.000001+01:00')).toEqual(new Timestamp(0, 1000))
    expect(Timestamp.parse('1969-12-31T23:30:00-00:30')).toEqual(Timestamp.EPOCH)
  })

  it.each([
    '',
    '2026-01-02',
    '2026-01-02T03:04:05',
    '2026-01-02 03:04:05Z',
    '2026-02-29T00:00:00Z',
    '2026-04-31T00:00:00Z',
    '2026-13-01T00:00:00Z',
    '0000-01-01T00:00:00Z',
    '2026-01-01T24:00:00Z',
    '2026-01-01T23:59:60Z',
    '2026-01-01T00:00:00+99:99',
    '2026-01-01T00:00:00.1234567890Z',
    '+010000-01-01T00:00:00Z',
    '٢026-01-01T00:00:00Z',
    '2026-01-01T00:00:00Z\n',
  ])('refuses %j', (text) => {
    expect(() => Timestamp.parse(text)).toThrow(AsterError)
  })

  it('refuses any other text with an AsterError', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[-+0-9TZ:.]{0,30}$/)), (text) => {
        try {
          expect(Timestamp.parse(text)).toBeInstanceOf(Timestamp)
        } catch (error) {
          if (!(error instanceof AsterError)) throw error
        }
      }),
    )
  })

  it('counts nanoseconds forward from the second, even before 1970', () => {
    expect(Timestamp.fromDate(new Date(-1))).toEqual(new Timestamp(-1, 999_000_000))
    expect(new Timestamp(-1, 999_999_999).toDate()).toEqual(new Date(-1))
    fc.assert(
      fc.property(fc.date({ noInvalidDate: true }), (date) => {
        expect(Timestamp.fromDate(date).toDate()).toEqual(date)
      }),
    )
  })

  it('returns the current moment', () => {
    const before = Date.now()
    const now = Timestamp.now().toDate().getTime()
    expect(now).toBeGreaterThanOrEqual(before)
    expect(now).toBeLessThanOrEqual(Date.now())
  })

  it('refuses numbers that are not a moment', () => {
    for (const seconds of [1.5, Number.NaN, Infinity, 2 ** 53]) expect(() => new Timestamp(seconds)).toThrow('seconds')
    for (const nanoseconds of [-1, 1e9, 0.5, Number.NaN])
      expect(() => new Timestamp(0, nanoseconds)).toThrow('nanoseconds')
    expect(() => Timestamp.fromDate(new Date(Number.NaN))).toThrow(AsterError)
  })

  it('has a string form even if a Date has none', () => {
    expect(String(new Timestamp(1e14, 5))).toBe('100000000000000.000000005s since 1970')
    expect(JSON.stringify({ at: Timestamp.EPOCH })).toBe('{"at":"1970-01-01T00:00:00.000Z"}')
  })

  it('compares by value', () => {
    expect(new Timestamp(1, 2).equals(new Timestamp(1, 2))).toBe(true)
    expect(new Timestamp(1, 2).equals(new Timestamp(1, 3))).toBe(false)
    expect(new Timestamp(1, 2).equals(new Timestamp(2, 2))).toBe(false)
  })
})
