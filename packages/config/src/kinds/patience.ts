import * as v from 'valibot'
import type { Kind } from './kind.ts'

/** The word for `Infinity` in the environment. In TOML it is a number. */
const NEVER = /^\+?inf(?:inity)?$/i

/** A whole number of milliseconds of at least `min`, or `Infinity`. */
export function patience(min: number): Kind<number> {
  const expected = `a whole number of milliseconds from ${min} on, or inf (Infinity in code)`
  const isPatience = (ms: number): boolean => ms >= min && (ms === Infinity || Number.isSafeInteger(ms))
  const value = v.pipe(v.number(expected), v.check(isPatience, expected))
  return {
    type: `integer from ${min} on, or \`inf\``,
    text: v.pipe(
      v.string(expected),
      v.transform((text) => (NEVER.test(text) ? Infinity : /^\+?\d{1,15}$/.test(text) ? Number(text) : Number.NaN)),
      value,
    ),
    value,
  }
}
