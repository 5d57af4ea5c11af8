import { AsterError } from '../aster-error.ts'
import { describe, describeShown } from '../values/describe.ts'
import { splitTag } from './tag.ts'
import type { Type } from './type.ts'

export type EnumMembers = Readonly<Record<string, string | number>>

export interface EnumMember {
  readonly name: string
  readonly value: string | number
}

/** `V` is what a reader gets, `I` what a caller may pass: they differ by the value for unknown members. */
export interface EnumType<M extends EnumMembers = EnumMembers, V = M[keyof M], I = M[keyof M]> extends Type<V, I> {
  readonly kind: 'enum'
  readonly tag: string
  readonly namespace: string
  readonly name: string
  /** `Color.members.RED` is `'red'`. */
  readonly members: M
  /** In declaration order: the position is the ordinal on the wire. */
  readonly entries: readonly EnumMember[]
  /** The value that a reader gets for a member that it does not know; `undefined` if such a member is an error. */
  readonly unknown: string | number | undefined
  /** What it stands for, for people. Absent if that is not said. */
  readonly doc?: string
  /** The ordinal of a value; `undefined` for a value that is no member. */
  ordinalOf(value: unknown): number | undefined
}

export interface EnumOptions<U extends string | number = string | number> {
  /**
   * The value that a reader gets for a member that it does not know, such as one that the peer's newer definition has. It is
   * no member's value, and cannot be sent. @default none: a message with such a member cannot be read
   */
  unknown?: U | undefined
  /** What it stands for, for people: a description of a service has it. @default none */
  doc?: string | undefined
}

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
      throw new AsterError(`enum ${tag}: member '${name}' must not be a number, for its place would be lost`)
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

/** Members that a message lists. */
const MAX_LISTED = 20

/** Says that a value is no member of an enum, naming both. */
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
