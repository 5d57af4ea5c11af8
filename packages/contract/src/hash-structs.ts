import type { StructType } from '@aster/rpc-core'
import { blake3 } from '@noble/hashes/blake3.js'
import type { Bytes } from './canonical.ts'
import { type NameOf, strongComponents, type StructGraph, structGraph } from './struct-graph.ts'
import { type Label, typeDef } from './type-def.ts'

export interface HashedStruct {
  readonly struct: StructType
  /** The canonical bytes of its TypeDef. */
  readonly canonical: Bytes
  readonly hash: Bytes
}

/** Returns the structs that are reachable from `roots` in the order in which they are hashed, leaves first. */
export function hashStructs(roots: readonly StructType[], nameOf: NameOf): HashedStruct[] {
  const graph = structGraph(roots, nameOf)
  const hashes = new Map<StructType, Bytes>()
  const hashed: HashedStruct[] = []
  for (const component of strongComponents(graph)) {
    const { order, back } = unroll(graph, component)
    for (const struct of order) {
      const canonical = typeDef(struct, labelOf(struct, nameOf(struct)), {
        hashes,
        back: back.get(struct) ?? new Set(),
        nameOf,
      })
      const hash = blake3(canonical)
      hashes.set(struct, hash)
      hashed.push({ struct, canonical, hash })
    }
  }
  return hashed
}

/**
 * Returns the package and the name of a struct. If its tag has no namespace, the package is the Python module: Python tags
 * such a class `module.ClassName`. See quirk 43 of docs/python-0.1.md.
 */
function labelOf({ namespace, name }: StructType, pythonName: string): Label {
  if (namespace !== '') return { packageName: namespace, name }
  const dot = pythonName.lastIndexOf('.')
  return { packageName: pythonName.slice(0, Math.max(0, dot)), name: name === pythonName ? name.slice(dot + 1) : name }
}

/**
 * Returns the order of hashing within a component, and the edges that close a cycle. The walk is depth first from the smallest
 * name, and an edge to a struct that was visited before refers back. The order is the reverse of that in which structs finish.
 */
function unroll(
  graph: StructGraph,
  component: readonly StructType[],
): { order: StructType[]; back: Map<StructType, Set<StructType>> } {
  const members = new Set(component)
  const back = new Map<StructType, Set<StructType>>(component.map((struct) => [struct, new Set()]))
  const visited = new Set<StructType>()
  const order: StructType[] = []
  const walk = (struct: StructType): void => {
    visited.add(struct)
    for (const next of graph.get(struct) ?? []) {
      if (!members.has(next)) continue
      if (visited.has(next)) back.get(struct)?.add(next)
      else walk(next)
    }
    order.unshift(struct)
  }
  // The graph is in the order of names.
  for (const struct of graph.keys()) if (members.has(struct) && !visited.has(struct)) walk(struct)
  return { order, back }
}
