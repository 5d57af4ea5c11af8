import { AsterError } from '../aster-error.ts'
import { daysOfDate } from './date.ts'

const brand = Symbol.for('aster.Timestamp')

/**
 * A moment in UTC, as seconds and nanoseconds since 1970. It holds Python's microseconds, which `Date` cannot. Immutable.
 */
export class Timestamp {
  static {
    // On the prototype, since a brand on each moment would cost more than all its other members.
    Object.defineProperty(this.prototype, brand, { value: true })
  }

  /** 1970-01-01T00:00:00Z. */
  static readonly EPOCH = new Timestamp(0, 0)

  /** Whole seconds since 1970, rounded down; negative before 1970. */
  readonly seconds: number
  /** Nanoseconds after `seconds`, 0 to 999,999,999. */
  readonly nanoseconds: number

  /** @throws AsterError if `seconds` is not a safe integer, or if `nanoseconds` is not an integer from 0 to 999,999,999 */
  constructor(seconds: number, nanoseconds = 0) {
    if (!Number.isSafeInteger(seconds)) throw new AsterError('Timestamp: expected seconds as a safe integer')
    if (!Number.isInteger(nanoseconds) || nanoseconds < 0 || nanoseconds > 999_999_999) {
      throw new AsterError('Timestamp: expected nanoseconds from 0 to 999999999')
    }
    this.seconds = seconds
    this.nanoseconds = nanoseconds
  }

  /** Returns the current moment, to the millisecond. */
  static now(): Timestamp {
    return Timestamp.fromDate(new Date())
  }

  /**
   * Returns the moment of a `Date`.
   *
   * @throws AsterError if the date is not valid
   */
  static fromDate(date: Date): Timestamp {
    const ms = date.getTime()
    const seconds = Math.floor(ms / 1000)
    return new Timestamp(seconds, (ms - seconds * 1000) * 1_000_000)
  }

  /**
   * Parses ISO 8601 with up to nine fractional digits of the second, in UTC or with an offset, of the years 0001 to 9999:
   * `2026-01-02T03:04:05.000006Z`.
   *
   * @throws AsterError if `text` has another form, or if the moment does not exist
   */
  static parse(text: string): Timestamp {
    const found = /^(\d{4}-\d\d-\d\d)T((?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)$/.exec(text)
    const [, date = '', time = '', fraction = '', zone = ''] = found ?? []
    const days = daysOfDate(date)
    // Date.parse is slow, and on its own would accept 30 February as 2 March.
    const seconds =
      days === undefined
        ? Number.NaN
        : zone === 'Z'
          ? days * 86_400 + Number(time.slice(0, 2)) * 3_600 + Number(time.slice(3, 5)) * 60 + Number(time.slice(6))
          : Date.parse(`${date}T${time}${zone}`) / 1000
    if (Number.isNaN(seconds))
      throw new AsterError('Timestamp: expected ISO 8601 with a zone, like 2026-01-02T03:04:05.000006Z')
    return new Timestamp(seconds, fraction === '' ? 0 : Number(fraction.padEnd(9, '0')))
  }

  /** Returns a `Date`, which drops fractions of a millisecond. */
  toDate(): Date {
    return new Date(this.seconds * 1000 + Math.floor(this.nanoseconds / 1_000_000))
  }

  /** Returns whether two moments are the same. */
  equals(other: Timestamp): boolean {
    return this.seconds === other.seconds && this.nanoseconds === other.nanoseconds
  }

  /** Returns ISO 8601 in UTC with 3, 6 or 9 fractional digits of the second, the fewest that lose nothing. */
  toString(): string {
    const date = new Date(this.seconds * 1000)
    if (Number.isNaN(date.getTime())) return `${this.seconds}.${String(this.nanoseconds).padStart(9, '0')}s since 1970`
    const digits = String(this.nanoseconds).padStart(9, '0')
    const cut = this.nanoseconds % 1_000_000 === 0 ? 3 : this.nanoseconds % 1000 === 0 ? 6 : 9
    return date.toISOString().replace(/\.\d+Z$/, `.${digits.slice(0, cut)}Z`)
  }

  /** Returns the same as `toString`. */
  toJSON(): string {
    return this.toString()
  }

  static [Symbol.hasInstance](value: unknown): boolean {
    return typeof value === 'object' && value !== null && brand in value
  }
}
