import { AsterError } from '../aster-error.ts'
import { describe, describeShown } from '../values/describe.ts'
import { isObject } from '../values/objects.ts'

/**
 * A rule about the roles of a caller: the result of `anyOf` or `allOf`, or a rule for a single role. Role names are
 * case-sensitive, and `*` has no special meaning.
 */
export interface Requirement {
  /** `role` requires the one role, `anyOf` at least one of the roles, `allOf` each of them. */
  readonly kind: 'role' | 'anyOf' | 'allOf'
  /** At least one role. None is blank. */
  readonly roles: readonly string[]
}

/** The attribute of a credential that lists the roles of its holder, separated by commas. */
const ROLE_ATTRIBUTE = 'aster.role'

/**
 * The white space that Python's `str.strip` removes. `trim` differs in U+0085, U+001C to U+001F and U+FEFF.
 * See quirk 15 of docs/python-0.1.md.
 */
const SPACE: ReadonlySet<string> = new Set(
  '\t\n\v\f\r\x1c\x1d\x1e\x1f \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000',
)

/** The requirements that this module made. They are frozen, so they stay valid. */
const checked = new WeakSet<object>()

/**
 * Returns a requirement that is met by a caller with at least one of the roles.
 *
 * @throws AsterError if there is no role, or if a role is blank
 */
export function anyOf(...roles: readonly string[]): Requirement {
  return makeRequirement('anyOf', roles)
}

/**
 * Returns a requirement that is met by a caller with each of the roles.
 *
 * @throws AsterError if there is no role, or if a role is blank
 */
export function allOf(...roles: readonly string[]): Requirement {
  return makeRequirement('allOf', roles)
}

/**
 * Returns whether the attributes of a peer meet a requirement; a string stands for one role. The roles of a peer are its
 * attribute `aster.role`, split at commas, without surrounding white space. No peer meets a malformed requirement.
 */
export function satisfies(requirement: string | Requirement, attributes: Readonly<Record<string, string>>): boolean {
  const parsed = parseRequirement(requirement)
  return typeof parsed === 'object' && isMet(parsed, attributes)
}

/**
 * Returns the requirement of an option `requires` as a frozen copy.
 *
 * @param owner the owner of the option, for the message
 * @throws AsterError if the option is malformed, such as `undefined`, the value of an import in a circle of modules
 */
export function toRequirement(owner: string, requires: unknown): Requirement {
  const parsed = parseRequirement(requires)
  if (typeof parsed === 'object') return parsed
  throw new AsterError(`${owner}: expected requires as a role, anyOf(…) or allOf(…), found ${parsed}`)
}

/** Returns whether the roles in `attributes` meet a rule. The rule is not checked; a rule without roles is always met. */
export function isMet(
  { kind, roles }: { readonly kind: string; readonly roles: readonly string[] },
  attributes: Readonly<Record<string, string>>,
): boolean {
  const held = heldRoles(attributes)
  const isHeld = (role: string | undefined): boolean => role !== undefined && held.has(role)
  if (kind === 'role') return roles.length === 0 || isHeld(roles[0])
  if (kind === 'anyOf') return roles.length === 0 || roles.some(isHeld)
  return kind === 'allOf' && roles.every(isHeld)
}

function heldRoles(attributes: Readonly<Record<string, string>>): ReadonlySet<string> {
  const listed: unknown =
    isObject(attributes) && Object.hasOwn(attributes, ROLE_ATTRIBUTE) ? attributes[ROLE_ATTRIBUTE] : ''
  if (typeof listed !== 'string') return new Set()
  return new Set(
    listed
      .split(',')
      .map(strip)
      .filter((role) => role !== ''),
  )
}

/** Removes leading and trailing white space as Python does. See quirk 15 of docs/python-0.1.md. */
function strip(text: string): string {
  let start = 0
  let end = text.length
  while (start < end && SPACE.has(text.charAt(start))) start += 1
  while (end > start && SPACE.has(text.charAt(end - 1))) end -= 1
  return text.slice(start, end)
}

/** Returns whether a role consists of white space, as Python or JavaScript defines it. */
const isBlank = (role: string): boolean => strip(role) === '' || role.trim() === ''

function makeRequirement(kind: 'anyOf' | 'allOf', roles: readonly unknown[]): Requirement {
  const parsed = parseRoles(kind, roles)
  if (typeof parsed === 'object') return parsed
  throw new AsterError(`${kind}: expected roles, as in ${kind}('ops.logs', 'ops.admin'), found ${parsed}`)
}

/** Returns a requirement, or a description of what was found if `value` is not a requirement. */
function parseRequirement(value: unknown): Requirement | string {
  if (typeof value === 'string') return parseRoles('role', [value])
  if (!isObject(value)) return describe(value)
  if (checked.has(value)) return value as unknown as Requirement
  const { kind, roles } = value
  if (kind !== 'role' && kind !== 'anyOf' && kind !== 'allOf')
    return `${describe(value)} of kind ${describeShown(kind)}`
  return Array.isArray(roles) ? parseRoles(kind, roles) : `${describe(roles)} as its roles`
}

/** Returns a requirement, or a description of what was found if the roles do not form one. */
function parseRoles(kind: Requirement['kind'], given: readonly unknown[]): Requirement | string {
  const roles = [...given]
  if (roles.length === 0) return 'no role'
  if (kind === 'role' && roles.length > 1) return `${roles.length} roles`
  const wrong = roles.findIndex((role) => typeof role !== 'string' || isBlank(role))
  if (wrong >= 0) return typeof roles[wrong] === 'string' ? 'a blank role' : describe(roles[wrong])
  const requirement = Object.freeze({ kind, roles: Object.freeze(roles as string[]) })
  checked.add(requirement)
  return requirement
}
