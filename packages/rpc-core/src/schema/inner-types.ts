import type { FloatType } from './float.ts'
import type { BigintType, IntegerType } from './integer.ts'
import type { Type } from './type.ts'
import { type BareType, unwrap } from './unwrap.ts'

/** A type directly within another, and its field if the other type is a struct. */
export interface InnerType {
  /** The type, with its wrappers. */
  readonly type: Type
  /** The name of the field, if the other type is a struct. */
  readonly field?: string
}

/** Returns the types directly within a type. */
export function innerTypes(type: BareType): readonly InnerType[] {
  switch (type.kind) {
    case 'list':
    case 'set':
      return [{ type: type.element }]
    case 'record':
      return [{ type: type.value }]
    case 'map':
      return [{ type: type.key }, { type: type.value }]
    case 'struct':
      return type.fields.map((field) => ({ type: field.type, field: field.name }))
    default:
      return noInnerTypes(type.kind)
  }
}

/** Written out, so that a new kind does not compile until `innerTypes` handles it. */
type LeafKind =
  | IntegerType['kind']
  | BigintType['kind']
  | FloatType['kind']
  | 'string'
  | 'bool'
  | 'bytes'
  | 'timestamp'
  | 'date'
  | 'any'
  | 'enum'

function noInnerTypes(_kind: LeafKind): readonly InnerType[] {
  return []
}

/**
 * Visits each type within the given types once, including the types themselves, in no particular order and without recursion.
 *
 * @throws AsterError if a lazy type stands for itself
 */
export function* walkTypes(types: Iterable<Type>): Generator<BareType, void, undefined> {
  const seen = new Set<BareType>()
  const open = [...types]
  for (let outer = open.pop(); outer !== undefined; outer = open.pop()) {
    const { type } = unwrap(outer)
    if (seen.has(type)) continue
    seen.add(type)
    yield type
    for (const inner of innerTypes(type)) open.push(inner.type)
  }
}
