import type { StructType, Type } from '@aster/rpc-core'
import { compareCodePoints, unwrap } from '@aster/rpc-core/schema'

/** Returns the Python name of a struct: `module.ClassName`. */
export type NameOf = (struct: StructType) => string

/** Each struct with the structs that its fields hold, both sorted by name in code-point order. */
export type StructGraph = ReadonlyMap<StructType, readonly StructType[]>

/** Adds the structs of a type to `found`, at any depth of containers. Structs within those structs are left out. */
function structsIn(type: Type, found: Set<StructType>, seen: Set<Type>): void {
  const inner = unwrap(type).type
  if (inner.kind === 'struct') found.add(inner)
  // A container may hold itself without a struct in between.
  if (seen.has(inner)) return
  seen.add(inner)
  if (inner.kind === 'list' || inner.kind === 'set') structsIn(inner.element, found, seen)
  if (inner.kind === 'record' || inner.kind === 'map') structsIn(inner.value, found, seen)
  if (inner.kind === 'map') structsIn(inner.key, found, seen)
}

export function structGraph(roots: readonly StructType[], nameOf: NameOf): StructGraph {
  const sorted = (structs: Iterable<StructType>): StructType[] =>
    [...structs].sort((a, b) => compareCodePoints(nameOf(a), nameOf(b)))
  const graph = new Map<StructType, readonly StructType[]>()
  const waiting = [...roots]
  for (let struct = waiting.pop(); struct !== undefined; struct = waiting.pop()) {
    if (graph.has(struct)) continue
    const found = new Set<StructType>()
    const seen = new Set<Type>()
    for (const field of struct.fields) structsIn(field.type, found, seen)
    graph.set(struct, sorted(found))
    waiting.push(...found)
  }
  return new Map(sorted(graph.keys()).map((struct) => [struct, graph.get(struct) ?? []]))
}

/** Returns the strong components by Tarjan's algorithm, leaves first. Structs that contain one another are one component. */
export function strongComponents(graph: StructGraph): StructType[][] {
  const components: StructType[][] = []
  const index = new Map<StructType, number>()
  const stack: StructType[] = []
  const connect = (struct: StructType): number => {
    const mine = index.size
    index.set(struct, mine)
    stack.push(struct)
    let lowest = mine
    for (const next of graph.get(struct) ?? []) {
      if (!index.has(next)) lowest = Math.min(lowest, connect(next))
      else if (stack.includes(next)) lowest = Math.min(lowest, index.get(next) ?? lowest)
    }
    if (lowest === mine) components.push(stack.splice(stack.indexOf(struct)))
    return lowest
  }
  for (const struct of graph.keys()) if (!index.has(struct)) connect(struct)
  return components
}
