import type { Attributes } from '@aster/identity'
import { usageError } from './cli-error.ts'
import { maskKeys } from './output/escape.ts'

const ROLE = 'aster.role'
const NAME = 'aster.name'

/** What a credential says of a consumer: its role, its name, and every `--attr key=value`. */
export function parseAttributes(
  pairs: readonly string[],
  { name, role }: { name: string; role?: string | undefined },
): Attributes {
  const given = new Map<string, string>()
  for (const pair of pairs) {
    const at = pair.indexOf('=')
    if (at < 1) throw usageError('--attr', `expected key=value, found ${JSON.stringify(maskKeys(pair))}`)
    const key = pair.slice(0, at)
    if (given.has(key)) throw usageError('--attr', `${JSON.stringify(maskKeys(key))} is given twice`)
    if (/\p{Cs}/u.test(pair)) throw usageError('--attr', 'expected well-formed Unicode')
    given.set(key, pair.slice(at + 1))
  }
  if (role !== undefined && given.has(ROLE)) throw usageError('--role', `${ROLE} is given by --attr as well`)
  // `fromEntries` keeps a key named `__proto__`; an assignment would lose it.
  return Object.fromEntries(new Map([[ROLE, role ?? 'consumer'], [NAME, name], ...given]))
}
