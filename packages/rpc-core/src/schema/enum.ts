import { AsterError } from '../aster-error.ts'
import { splitTag } from './tag.ts'
import type { Type } from './type.ts'

export type EnumMembers = Readonly<Record<string, string | number>>

export interface EnumMember {
  readonly name: string
  readonly value: string | number
}

export interface EnumType<M extends EnumMembers = EnumMembers, V = M[keyof M]> extends Type<V> {
  readonly kind: 'enum'
  readonly tag: string
  readonly namespace: string
  readonly name: string
  /** `Color.members.RED` is `'red'`. */
  readonly members: M
  /** In declaration order: the position is the ordinal on the wire. */
  readonly entries: readonly EnumMember[]
  /** The ordinal of a value; `undefined` for a value that is no member. */
  ordinalOf(value: unknown): number | undefined
}

function enumType<const M extends EnumMembers>(tag: string, members: M): EnumType<M> {
  const entries = Object.entries(members).map(([name, value]) => ({ name, value }))
  if (entries.length === 0) throw new AsterError(`enum ${tag}: expected at least one member`)
  const ordinals = new Map<unknown, number>()
  for (const { name, value } of entries) {
    if (/^\d+$/.test(name))
      throw new AsterError(`enum ${tag}: member '${name}' must not be a number, for its place would be lost`)
    if (ordinals.has(value)) throw new AsterError(`enum ${tag}: the value ${JSON.stringify(value)} occurs twice`)
    ordinals.set(value, ordinals.size)
  }
  return {
    kind: 'enum',
    tag,
    ...splitTag('enum', tag),
    members,
    entries,
    ordinalOf: (value) => ordinals.get(value),
    zero: () => entries[0]?.value as M[keyof M],
    check(value, checker) {
      if (ordinals.has(value)) return value as M[keyof M]
      return checker.mismatch(`one of ${entries.map((entry) => JSON.stringify(entry.value)).join(', ')}`, value)
    },
  }
}

export { enumType as enum }
