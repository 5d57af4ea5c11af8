import { AsterError } from '../aster-error.ts'
import { daysOfDate } from './date.ts'

const brand = Symbol.for('aster.Timestamp')

/** A moment in UTC as seconds and nanoseconds since 1970, which holds Python's microseconds where `Date` cannot. Immutable. */
export class Timestamp {
  static {
    // On each moment it would cost more than the rest.
    Object.defineProperty(this.prototype, brand, { value: true })
  }

  static readonly EPOCH = new Timestamp(0, 0)

  /** Whole seconds since 1970, rounded down, so negative before it. */
  readonly seconds: number
  /** 0 … 999,999,999, always counted forward from `seconds`. */
  readonly nanoseconds: number

  constructor(seconds: number, nanoseconds = 0) {
    if (!Number.isSafeInteger(seconds)) throw new AsterError('Timestamp: expected seconds as a safe integer')
    if (!Number.isInteger(nanoseconds) || nanoseconds < 0 || nanoseconds > 999_999_999) {
      throw new AsterError('Timestamp: expected nanoseconds from 0 to 999999999')
    }
    this.seconds = seconds
    this.nanoseconds = nanoseconds
  }

  static now(): Timestamp {
    return Timestamp.fromDate(new Date())
  }

  static fromDate(date: Date): Timestamp {
    const ms = date.getTime()
    const seconds = Math.floor(ms / 1000)
    return new Timestamp(seconds, (ms - seconds * 1000) * 1_000_000)
  }

  /**
   * Reads ISO 8601 with up to nine digits of a second, of the years 0001 to 9999: `2026-01-02T03:04:05.000006Z`, or with
   * an offset.
   */
  static parse(text: string): Timestamp {
    const found = /^(\d{4}-\d\d-\d\d)T((?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)$/.exec(text)
    const [, date = '', time = '', fraction = '', zone = ''] = found ?? []
    const days = daysOfDate(date)
    // Date.parse alone would make 2 March of 30 February, and takes long.
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

  /** Cuts off what a `Date` cannot hold: below one millisecond. */
  toDate(): Date {
    return new Date(this.seconds * 1000 + Math.floor(this.nanoseconds / 1_000_000))
  }

  equals(other: Timestamp): boolean {
    return this.seconds === other.seconds && this.nanoseconds === other.nanoseconds
  }

  /** ISO 8601 in UTC with 3, 6 or 9 digits of a second, whichever loses nothing. */
  toString(): string {
    const date = new Date(this.seconds * 1000)
    if (Number.isNaN(date.getTime())) return `${this.seconds}.${String(this.nanoseconds).padStart(9, '0')}s since 1970`
    const digits = String(this.nanoseconds).padStart(9, '0')
    const cut = this.nanoseconds % 1_000_000 === 0 ? 3 : this.nanoseconds % 1000 === 0 ? 6 : 9
    return date.toISOString().replace(/\.\d+Z$/, `.${digits.slice(0, cut)}Z`)
  }

  toJSON(): string {
    return this.toString()
  }

  static [Symbol.hasInstance](value: unknown): boolean {
    return typeof value === 'object' && value !== null && brand in value
  }
}
