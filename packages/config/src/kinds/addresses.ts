import * as v from 'valibot'
import type { Kind } from './kind.ts'

const expected = 'the address of a producer, or several of them'

const list = v.pipe(
  v.array(v.pipe(v.string(expected), v.trim(), v.nonEmpty(expected)), expected),
  v.minLength(1, expected),
  v.transform((all) => Object.freeze(all)),
)

const commaSeparated = v.pipe(
  v.string(expected),
  v.transform((text) => text.split(',')),
  list,
)

/** One or several addresses. Their form is checked when they are used. No form of an address has a comma. */
export function addresses(): Kind<readonly string[], string | readonly string[]> {
  return { type: 'address, or a list', text: commaSeparated, value: v.union([commaSeparated, list], expected) }
}
