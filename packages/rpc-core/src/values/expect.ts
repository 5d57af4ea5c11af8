import { AsterError } from '../aster-error.ts'
import { LIMITS } from '../limits.ts'
import { describe } from './describe.ts'

/** Throws `AsterError` unless `value` is a finite number of at least `least`. */
export function expectNumber(what: string, value: number, least: number): number {
  if (typeof value === 'number' && Number.isFinite(value) && value >= least) return value
  throw new AsterError(`${what}: expected a number from ${least}, found ${found(value)}`)
}

/** Throws `AsterError` unless `value` is a finite number above 0. */
export function expectPositive(what: string, value: number): number {
  if (typeof value === 'number' && Number.isFinite(value) && value > 0) return value
  throw new AsterError(`${what}: expected a number above 0, found ${found(value)}`)
}

/** Throws `AsterError` unless `value` is an integer of at least `least`. */
export function expectInteger(what: string, value: number, least: number): number {
  if (Number.isSafeInteger(value) && value >= least) return value
  throw new AsterError(`${what}: expected an integer from ${least}, found ${found(value)}`)
}

/** Throws `AsterError` unless `value` is `undefined`, or a number of bytes that a message may have. */
export function expectMessageBytes(what: string, value: number | undefined): number | undefined {
  if (value === undefined || (Number.isSafeInteger(value) && value >= 1 && value <= LIMITS.decompressed)) return value
  throw new AsterError(`${what}: expected an integer from 1 to ${LIMITS.decompressed} (bytes), found ${found(value)}`)
}

/** Throws `AsterError` unless `value` is a number of milliseconds from 0, or `Infinity`. */
export function expectTime(what: string, value: number): number {
  if (typeof value === 'number' && value >= 0) return value
  throw new AsterError(`${what}: expected a number of milliseconds from 0, or Infinity, found ${found(value)}`)
}

const found = (value: unknown): string => (typeof value === 'number' ? `${value}` : describe(value))
