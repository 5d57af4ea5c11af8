import * as v from 'valibot'
import type { Kind } from './kind.ts'

const words = new Map([
  ['true', true],
  ['1', true],
  ['yes', true],
  ['on', true],
  ['false', false],
  ['0', false],
  ['no', false],
  ['off', false],
])

const expected = 'true, false, 1, 0, yes, no, on or off'

/**
 * A boolean. In the environment it is one of several words. Elsewhere only `true` and `false` are accepted, because the
 * string "false" must not count as true.
 */
export function flag(): Kind<boolean> {
  return {
    type: 'boolean',
    text: v.pipe(
      v.string(expected),
      v.transform((text) => words.get(text.toLowerCase())),
      v.boolean(expected),
    ),
    value: v.boolean('true or false, without quotes'),
  }
}
