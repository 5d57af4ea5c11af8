import { AsterError } from '../aster-error.ts'
import { describe, describeShown } from '../values/describe.ts'
import { splitTag } from './tag.ts'
import type { Type } from './type.ts'

/** The members of an enum: name and value. */
export type EnumMembers = Readonly<Record<string, string | number>>

/** A member of an enum. */
export interface EnumMember {
  /** The name of the member. */
  readonly name: string
  /** Its value. */
  readonly value: string | number
}

/**
 * The type of `t.enum`. `V` is the type of values that a reader returns, `I` of values that a caller may pass. `V` alone
 * includes the value for unknown members.
 */
export interface EnumType<M extends EnumMembers = EnumMembers, V = M[keyof M], I = M[keyof M]> extends Type<V, I> {
  /** The kind of type. */
  readonly kind: 'enum'
  /** The name on the wire, such as `'shop/Color'`. */
  readonly tag: string
  /** The part of the tag before the last slash; empty without a slash. */
  readonly namespace: string
  /** The part of the tag after the last slash. */
  readonly name: string
  /** The values by the names of the members: `Color.members.RED` is `'red'`. */
  readonly members: M
  /** The members in declaration order. The position of a member is its ordinal on the wire. */
  readonly entries: readonly EnumMember[]
  /** The value that a reader returns for an unknown member; `undefined` if an unknown member is an error. */
  readonly unknown: string | number | undefined
  /** A description for people, if the definition has one. */
  readonly doc?: string
  /** Returns the ordinal of a value, or `undefined` if no member has the value. */
  ordinalOf(value: unknown): number | undefined
}

/** Options of `t.enum`. */
export interface EnumOptions<U extends string | number = string | number> {
  /**
   * The value that a reader returns for a member that its definition lacks, such as a member of the peer's newer
   * definition. It must differ from the value of every member, and cannot be sent.
   *
   * @default a message with an unknown member cannot be read
   */
  unknown?: U | undefined
  /**
   * A description for people, which becomes part of a service's description.
   *
   * @default no description
   */
  doc?: string | undefined
}

/**
 * Returns the type of an enum. The order of `members` is their order on the wire. The default is the first member.
 *
 * @throws AsterError if the tag, a member or the value for unknown members is malformed
 */
function enumType<const M extends EnumMembers, const U extends string | number = never>(
  tag: string,
  members: M,
  options: EnumOptions<U> = {},
): EnumType<M, M[keyof M] | U> {
  const entries = Object.entries(members).map(([name, value]) => ({ name, value }))
  if (entries.length === 0) throw new AsterError(`enum ${tag}: expected at least one member`)
  const ordinals = new Map<unknown, number>()
  for (const { name, value } of entries) {
    if (/^\d+$/.test(name))
      throw new AsterError(
        `enum ${tag}: expected a name that is not a number, found '${name}': JavaScript moves such members to the front`,
      )
    if (ordinals.has(value)) throw new AsterError(`enum ${tag}: the value ${JSON.stringify(value)} occurs twice`)
    ordinals.set(value, ordinals.size)
  }
  const type: EnumType<M, M[keyof M] | U> = {
    kind: 'enum',
    tag,
    ...splitTag('enum', tag),
    members,
    entries,
    unknown: unknownValue(tag, ordinals, options),
    ...(options.doc !== undefined && { doc: options.doc }),
    ordinalOf: (value) => ordinals.get(value),
    zero: () => entries[0]?.value as M[keyof M],
    check: (value, checker) => (ordinals.has(value) ? (value as M[keyof M]) : checker.fail(enumMismatch(type, value))),
  }
  return type
}

function unknownValue<U extends string | number>(
  tag: string,
  ordinals: ReadonlyMap<unknown, number>,
  options: EnumOptions<U>,
): U | undefined {
  const { unknown } = options
  if (unknown === undefined) return undefined
  if (typeof unknown !== 'string' && (typeof unknown !== 'number' || Number.isNaN(unknown)))
    throw new AsterError(`enum ${tag}, unknown: expected a string or number, found ${describe(unknown)}`)
  if (ordinals.has(unknown))
    throw new AsterError(`enum ${tag}, unknown: ${JSON.stringify(unknown)} is the value of a member`)
  return unknown
}

/** The most members that a message lists. */
const MAX_LISTED = 20

/** Returns a message which says that a value is not a member of an enum. */
export function enumMismatch(
  { tag, entries, unknown }: Pick<EnumType, 'tag' | 'entries' | 'unknown'>,
  found: unknown,
): string {
  const listed = entries.slice(0, MAX_LISTED).map(({ value }) => JSON.stringify(value))
  if (entries.length > MAX_LISTED) listed.push(`${entries.length - MAX_LISTED} more`)
  const expected = `expected one of ${listed.join(', ')} (enum ${tag})`
  if (unknown === undefined || found !== unknown) return `${expected}, found ${describeShown(found)}`
  return `${expected}, found ${describeShown(found)}, which stands for a member that is not known here and cannot be sent`
}

export { enumType as enum }
