import type { BigintType, EnumType, FloatType, IntegerType, StructType, Type } from '@aster/rpc-core'
import { type BareType, unwrap } from '@aster/rpc-core/schema'

/** A type directly within another, and its field if the other type is a struct. */
export interface InnerType {
  readonly type: Type
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

/** Returns every struct and enum within the given types, including the types themselves. */
export function reachableTypes(types: Iterable<Type>): Set<StructType | EnumType> {
  const found = new Set<StructType | EnumType>()
  const seen = new Set<BareType>()
  const open = [...types]
  for (let outer = open.pop(); outer !== undefined; outer = open.pop()) {
    const { type } = unwrap(outer)
    if (seen.has(type)) continue
    seen.add(type)
    if (type.kind === 'struct' || type.kind === 'enum') found.add(type)
    for (const inner of innerTypes(type)) open.push(inner.type)
  }
  return found
}

export function isRecursive(type: StructType): boolean {
  return reachableTypes(innerTypes(type).map((inner) => inner.type)).has(type)
}
