import type { Place } from './place.ts'

/** Thrown to ask for a second reading of the text, by `parseJson`. */
export const INEXACT = Symbol('inexact')

/** Where digits count: a number that `JSON.parse` may have rounded is read again. A safe integer is always exact. */
export function demandExact(json: unknown, place: Place): void {
  if (!place.options.exact && Number.isInteger(json) && !Number.isSafeInteger(json)) throw INEXACT
}
