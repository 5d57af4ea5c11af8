import type { JsonContext } from './json-context.ts'

/** Thrown if the JSON text has to be parsed again, by `parseJson`, which keeps all digits. */
export const INEXACT = Symbol('inexact')

/** Throws `INEXACT` if `JSON.parse` may have rounded a number. A safe integer is always exact. */
export function assertExact(json: unknown, context: JsonContext): void {
  if (!context.options.exact && Number.isInteger(json) && !Number.isSafeInteger(json)) throw INEXACT
}
