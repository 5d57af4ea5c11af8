import { AsterError } from '../aster-error.ts'
import { describe, describeShown } from '../values/describe.ts'
import { isObject } from '../values/objects.ts'

/**
 * A rule about the roles of a caller, made by `anyOf` or `allOf`, or of a single role. A role is compared as it is: case
 * counts, and `*` is a name like any other.
 */
export interface Requirement {
  /** `role` asks for the one role, `anyOf` for at least one of the roles, `allOf` for each of them. */
  readonly kind: 'role' | 'anyOf' | 'allOf'
  /** At least one, none of them blank. */
  readonly roles: readonly string[]
}

/** The attribute of a credential that lists the roles of its holder, separated by commas. */
const ROLE_ATTRIBUTE = 'aster.role'

/** The white space that Python's `str.strip` removes (quirk 15 of docs/python-0.1.md); `trim` removes U+FEFF, and not U+0085 and U+001C to U+001F. */
const SPACE: ReadonlySet<string> = new Set(
  '\t\n\v\f\r\x1c\x1d\x1e\x1f \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000',
)

/** The requirements that were made here: frozen, so that they stay as they were checked. */
const checked = new WeakSet<object>()

/**
 * Returns a requirement that a caller meets by having at least one of the roles.
 *
 * @throws AsterError without a role, or if a role is blank
 */
export function anyOf(...roles: readonly string[]): Requirement {
  return makeRequirement('anyOf', roles)
}

/**
 * Returns a requirement that a caller meets by having each of the roles.
 *
 * @throws AsterError without a role, or if a role is blank
 */
export function allOf(...roles: readonly string[]): Requirement {
  return makeRequirement('allOf', roles)
}

/**
 * Returns whether the attributes of a peer meet a requirement; a string asks for the one role. The roles of a peer are its
 * attribute `aster.role`, split at commas and stripped of white space. A requirement that is malformed is met by no peer.
 */
export function satisfies(requirement: string | Requirement, attributes: Readonly<Record<string, string>>): boolean {
  const parsed = parseRequirement(requirement)
  return typeof parsed === 'object' && isMet(parsed, attributes)
}

/**
 * Returns the requirement that an option `requires` stands for, as a frozen copy.
 *
 * @param owner what has the option, for the message
 * @throws AsterError if the option is malformed; `undefined` is what modules that import each other in a circle read
 */
export function toRequirement(owner: string, requires: unknown): Requirement {
  const parsed = parseRequirement(requires)
  if (typeof parsed === 'object') return parsed
  throw new AsterError(`${owner}: expected requires as a role, anyOf(…) or allOf(…), found ${parsed}`)
}

/** Returns whether the roles that `attributes` list meet a rule, which is not checked: one without roles asks for nothing. */
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

/** Removes the white space around a string (quirk 15 of docs/python-0.1.md). */
function strip(text: string): string {
  let start = 0
  let end = text.length
  while (start < end && SPACE.has(text.charAt(start))) start += 1
  while (end > start && SPACE.has(text.charAt(end - 1))) end -= 1
  return text.slice(start, end)
}

/** Whether a role has no character that is seen, by the white space of either language. */
const isBlank = (role: string): boolean => strip(role) === '' || role.trim() === ''

function makeRequirement(kind: 'anyOf' | 'allOf', roles: readonly unknown[]): Requirement {
  const parsed = parseRoles(kind, roles)
  if (typeof parsed === 'object') return parsed
  throw new AsterError(`${kind}: expected roles, as in ${kind}('ops.logs', 'ops.admin'), found ${parsed}`)
}

/** Returns what was found instead if `value` is no requirement. */
function parseRequirement(value: unknown): Requirement | string {
  if (typeof value === 'string') return parseRoles('role', [value])
  if (!isObject(value)) return describe(value)
  if (checked.has(value)) return value as unknown as Requirement
  const { kind, roles } = value
  if (kind !== 'role' && kind !== 'anyOf' && kind !== 'allOf')
    return `${describe(value)} of kind ${describeShown(kind)}`
  return Array.isArray(roles) ? parseRoles(kind, roles) : `${describe(roles)} as its roles`
}

/** Returns what was found instead if the roles make no requirement. */
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
