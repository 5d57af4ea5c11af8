import type { StructType, Type } from '@aster/rpc-core'
import { compareCodePoints, unwrap } from '@aster/rpc-core/schema'

/** The name that Python knows a struct by: `module.ClassName`. */
export type NameOf = (struct: StructType) => string

/** Structs with the structs that their fields hold, both in code-point order of the names. */
export type StructGraph = ReadonlyMap<StructType, readonly StructType[]>

/** The structs that a type holds, however deep in containers; not those within them. */
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

/** Tarjan's strong components, leaves first: structs that contain one another are one component. */
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
