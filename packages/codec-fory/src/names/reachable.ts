import type { EnumType, StructType, Type } from '@aster/rpc-core'
import { type BareType, slotOf } from '../slot.ts'

/** The types directly within a type. */
function partsOf(type: BareType): readonly Type[] {
  switch (type.kind) {
    case 'list':
    case 'set':
      return [type.element]
    case 'record':
      return [type.value]
    case 'map':
      return [type.key, type.value]
    case 'struct':
      return type.fields.map((field) => field.type)
    default:
      return []
  }
}

/** Every struct and enum within the given types, themselves included. */
export function reachable(types: Iterable<Type>): Set<StructType | EnumType> {
  const found = new Set<StructType | EnumType>()
  const seen = new Set<BareType>()
  const open = [...types]
  for (let type = open.pop(); type !== undefined; type = open.pop()) {
    const bare = slotOf(type).type
    if (seen.has(bare)) continue
    seen.add(bare)
    if (bare.kind === 'struct' || bare.kind === 'enum') found.add(bare)
    open.push(...partsOf(bare))
  }
  return found
}

export function isRecursive(type: StructType): boolean {
  return reachable(partsOf(type)).has(type)
}
