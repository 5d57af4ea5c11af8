import type { LazyType } from './lazy.ts'
import type { Type } from './type.ts'

/** The part of a struct that this file reads. The file of the struct imports this one, so it cannot be imported here. */
interface StructLike extends Type {
  readonly kind: 'struct'
  readonly fields: readonly { readonly type: Type }[]
  readonly required: boolean
}

/** The most nested lazy types. Without a bound, a lazy type that stands for itself would nest without end. */
const MAX_LAZY = 100

function settle(outer: Type): Type {
  let type = outer
  for (let i = 0; i < MAX_LAZY && type.kind === 'lazy'; i++) type = (type as LazyType).target
  return type
}

/** Returns whether a type is `t.optional` or `t.withDefault`. A message may omit a field of such a type in every struct. */
export function hasOwnDefault(type: Type): boolean {
  const { kind } = settle(type)
  return kind === 'optional' || kind === 'default'
}

/**
 * Returns whether an omitted field of a type has a value.
 *
 * @param ofRequired whether the struct of the field has no implied defaults
 */
export function hasDefault(outer: Type, ofRequired: boolean, open: Set<Type> = new Set()): boolean {
  const type = settle(outer)
  if (type.kind === 'any' || hasOwnDefault(type)) return true
  if (ofRequired) return false
  // A struct that contains itself has no default at all; its `zero` throws.
  if (type.kind !== 'struct' || open.has(type)) return true
  open.add(type)
  const struct = type as StructLike
  return struct.fields.every((field) => hasDefault(field.type, struct.required, open))
}
