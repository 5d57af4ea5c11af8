import * as v from 'valibot'
import type { Kind } from './kind.ts'

/** A whole number from `min` to `max`. `unit` names its unit in messages. */
export function integer(unit: string, min: number, max: number): Kind<number> {
  const expected = `a whole number of ${unit} from ${min} to ${max}`
  const value = v.pipe(v.number(expected), v.integer(expected), v.minValue(min, expected), v.maxValue(max, expected))
  return {
    type: `integer, ${min}–${max}`,
    text: v.pipe(v.string(expected), v.regex(/^[+-]?\d{1,15}$/, expected), v.transform(Number), value),
    value,
  }
}
