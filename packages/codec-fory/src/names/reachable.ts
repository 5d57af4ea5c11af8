import type { EnumType, StructType, Type } from '@aster/rpc-core'
import { innerTypes, walkTypes } from '@aster/rpc-core/schema'

/** Returns every struct and enum within the given types, including the types themselves. */
export function reachableTypes(types: Iterable<Type>): Set<StructType | EnumType> {
  const found = new Set<StructType | EnumType>()
  for (const type of walkTypes(types)) if (type.kind === 'struct' || type.kind === 'enum') found.add(type)
  return found
}

export function isRecursive(type: StructType): boolean {
  return reachableTypes(innerTypes(type).map((inner) => inner.type)).has(type)
}
