import type { LazyType } from './lazy.ts'
import type { Type } from './type.ts'

/** The part of a struct that is looked at: its own file imports this one. */
interface StructLike extends Type {
  readonly kind: 'struct'
  readonly fields: readonly { readonly type: Type }[]
  readonly required: boolean
}

/** More lazy types around each other than any definition has: one that stands for itself has no end of them. */
const MAX_LAZY = 100

function settle(outer: Type): Type {
  let type = outer
  for (let i = 0; i < MAX_LAZY && type.kind === 'lazy'; i++) type = (type as LazyType).target
  return type
}

/** Whether a type is `t.optional` or `t.withDefault`, so that a field of it may be missing in every message. */
export function hasOwnDefault(type: Type): boolean {
  const { kind } = settle(type)
  return kind === 'optional' || kind === 'default'
}

/**
 * Whether a field of a type has a value if it is left out.
 *
 * @param ofRequired whether its struct has no implied defaults
 */
export function hasDefault(outer: Type, ofRequired: boolean, open: Set<Type> = new Set()): boolean {
  const type = settle(outer)
  if (type.kind === 'any' || hasOwnDefault(type)) return true
  if (ofRequired) return false
  // A struct that contains itself has no value at all, which its `zero` says.
  if (type.kind !== 'struct' || open.has(type)) return true
  open.add(type)
  const struct = type as StructLike
  return struct.fields.every((field) => hasDefault(field.type, struct.required, open))
}
