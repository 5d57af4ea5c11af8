import type { JsonContext } from './json-context.ts'

/** Thrown to ask for a second reading of the text, by `parseJson`. */
export const INEXACT = Symbol('inexact')

/** Where digits count: a number that `JSON.parse` may have rounded is read again. A safe integer is always exact. */
export function assertExact(json: unknown, context: JsonContext): void {
  if (!context.options.exact && Number.isInteger(json) && !Number.isSafeInteger(json)) throw INEXACT
}
