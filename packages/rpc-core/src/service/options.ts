import { AsterError } from '../aster-error.ts'
import { describe } from '../values/describe.ts'
import { nearest } from '../values/nearest.ts'
import { isObject } from '../values/objects.ts'

/**
 * Checks the names of options. Without this check, a misspelt `requires` would admit every caller.
 *
 * @param owner the owner of the options, for the message
 * @throws AsterError if `options` is not an object, or has a member that is not in `known`
 */
export function checkOptions(owner: string, options: unknown, known: readonly string[]): void {
  if (!isObject(options)) throw new AsterError(`${owner}: expected options as an object, found ${describe(options)}`)
  const unknown = Object.keys(options).find((name) => !known.includes(name))
  if (unknown === undefined) return
  const meant = nearest(unknown, known)
  const expected = meant === undefined ? `one of ${known.join(', ')}` : `'${meant}'`
  throw new AsterError(`${owner}: unknown option '${unknown}', expected ${expected}`)
}
