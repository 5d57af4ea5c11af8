import type { Attributes } from '@aster/identity'
import { quoted } from '@aster/rpc-core/schema'
import { usageError } from './cli-error.ts'
import { maskKeys } from './output/escape.ts'

const ROLE = 'aster.role'
const NAME = 'aster.name'

/** The options of a command that set attributes of a credential. */
interface AttributeOptions {
  readonly name: string
  readonly role?: string | undefined
  readonly capabilities?: string | undefined
}

/** Returns the attributes of a credential: the role or roles, the name, and every `--attr key=value`. */
export function parseAttributes(pairs: readonly string[], { name, role, capabilities }: AttributeOptions): Attributes {
  const given = new Map<string, string>()
  for (const pair of pairs) {
    const at = pair.indexOf('=')
    if (at < 1) throw usageError('--attr', `expected key=value, found ${quoted(maskKeys(pair))}`)
    const key = pair.slice(0, at)
    if (given.has(key)) throw usageError('--attr', `${quoted(maskKeys(key))} occurs twice`)
    if (/\p{Cs}/u.test(pair)) throw usageError('--attr', 'expected well-formed Unicode')
    given.set(key, pair.slice(at + 1))
  }
  if (role !== undefined && given.has(ROLE)) throw usageError('--role', `${ROLE} is given by --attr as well`)
  if (capabilities !== undefined && (role !== undefined || given.has(ROLE))) {
    throw usageError('--capabilities', `${ROLE} is given by ${role === undefined ? '--attr' : '--role'} as well`)
  }
  const roles = capabilities === undefined ? (role ?? 'consumer') : parseCapabilities(capabilities)
  // `fromEntries` keeps a key named `__proto__`; an assignment would set the prototype instead.
  return Object.fromEntries(new Map([[ROLE, roles], [NAME, name], ...given]))
}

/** Returns the roles in the form that producers read: separated by commas, without surrounding white space. */
function parseCapabilities(list: string): string {
  const roles = list.split(',').map((role) => role.trim())
  if (roles.includes('')) {
    throw usageError(
      '--capabilities',
      `expected roles separated by commas, as in ops.logs,ops.admin, found ${quoted(maskKeys(list), 200)}`,
    )
  }
  if (/\p{Cs}/u.test(list)) throw usageError('--capabilities', 'expected well-formed Unicode')
  return roles.join(',')
}
