import { AsterError } from '../aster-error.ts'
import { LIMITS } from '../limits.ts'
import { describe } from './describe.ts'

/**
 * Checks that `value` is a finite number of at least `least`, and returns it.
 *
 * @param what the name of the value, for the message
 * @throws AsterError if it is not
 */
export function expectNumber(what: string, value: number, least: number): number {
  if (typeof value === 'number' && Number.isFinite(value) && value >= least) return value
  throw new AsterError(`${what}: expected a number from ${least}, found ${found(value)}`)
}

/**
 * Checks that `value` is a finite number above 0, and returns it.
 *
 * @param what the name of the value, for the message
 * @throws AsterError if it is not
 */
export function expectPositive(what: string, value: number): number {
  if (typeof value === 'number' && Number.isFinite(value) && value > 0) return value
  throw new AsterError(`${what}: expected a number above 0, found ${found(value)}`)
}

/**
 * Checks that `value` is an integer of at least `least`, and returns it.
 *
 * @param what the name of the value, for the message
 * @throws AsterError if it is not
 */
export function expectInteger(what: string, value: number, least: number): number {
  if (Number.isSafeInteger(value) && value >= least) return value
  throw new AsterError(`${what}: expected an integer from ${least}, found ${found(value)}`)
}

/**
 * Checks that `value` is `undefined` or a valid size of a message in bytes, and returns it.
 *
 * @param what the name of the value, for the message
 * @throws AsterError if it is neither
 */
export function expectMessageBytes(what: string, value: number | undefined): number | undefined {
  if (value === undefined || (Number.isSafeInteger(value) && value >= 1 && value <= LIMITS.decompressed)) return value
  throw new AsterError(`${what}: expected an integer from 1 to ${LIMITS.decompressed} (bytes), found ${found(value)}`)
}

/**
 * Checks that `value` is a number of milliseconds of at least 0, which may be `Infinity`, and returns it.
 *
 * @param what the name of the value, for the message
 * @throws AsterError if it is not
 */
export function expectTime(what: string, value: number): number {
  if (typeof value === 'number' && value >= 0) return value
  throw new AsterError(`${what}: expected a number of milliseconds from 0, or Infinity, found ${found(value)}`)
}

const found = (value: unknown): string => (typeof value === 'number' ? `${value}` : describe(value))
